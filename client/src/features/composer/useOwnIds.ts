import { useMemo, useState } from 'react';

/** The ids of the messages that somebody made on this page. */
export interface OwnIds {
  readonly add: (id: string) => void;
  readonly has: (id: string) => boolean;
}

/** Which user of the page made which message; the same object on every render. */
export type Makers = Map<string, string>;

export function useMakers(): Makers {
  const [makers] = useState((): Makers => new Map());
  return makers;
}

/** The ids that are this user's, or (empty) a visitor's: what another user of the page made is not. */
export function useOwnIds(makers: Makers, user: string): OwnIds {
  return useMemo(
    () => ({
      add: (id: string) => {
        makers.set(id, user);
      },
      has: (id: string) => makers.get(id) === user,
    }),
    [makers, user],
  );
}
