import { useState } from 'react';

/** The ids of the messages that this page made. */
export interface OwnIds {
  readonly add: (id: string) => void;
  readonly has: (id: string) => boolean;
}

export function useOwnIds(): OwnIds {
  const [ids] = useState(() => {
    const made = new Set<string>();
    return {
      add: (id: string) => {
        made.add(id);
      },
      has: (id: string) => made.has(id),
    };
  });
  return ids;
}
