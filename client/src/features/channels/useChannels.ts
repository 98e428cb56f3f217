import { useCallback, useEffect, useState } from 'react';
import type { RegionConfig } from '../../config/config';
import { errorInWords } from '../../graphql/inWords';
import { fetchChannels } from '../../graphql/operations';
import type { Channel } from '../../graphql/schema';

export interface Channels {
  readonly all: readonly Channel[];
  readonly error: string | null;
  readonly reload: () => void;
}

/** The channels as the first of the regions that answers tells them. */
export function useChannels(regions: readonly RegionConfig[]): Channels {
  const [all, setAll] = useState<readonly Channel[]>([]);
  const [error, setError] = useState<string | null>(null);
  const [round, setRound] = useState(0);
  useEffect(() => {
    let gone = false;
    void ask(regions).then((answer) => {
      if (gone) return;
      if (typeof answer === 'string') {
        setError(answer);
      } else {
        setAll(answer);
        setError(null);
      }
    });
    return () => {
      gone = true;
    };
  }, [regions, round]);
  const reload = useCallback(() => {
    setRound((before) => before + 1);
  }, []);
  return { all, error, reload };
}

async function ask(regions: readonly RegionConfig[]): Promise<readonly Channel[] | string> {
  let reason = 'no region is configured';
  for (const region of regions) {
    try {
      return await fetchChannels(region);
    } catch (error) {
      reason = errorInWords(error);
    }
  }
  return reason;
}
