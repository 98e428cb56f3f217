import { useCallback, useEffect, useState } from 'react';
import type { ChannelInfo, Client } from '@globalws/client';
import { errorInWords } from '../../lib/inWords';

export interface Channels {
  readonly all: readonly ChannelInfo[];
  readonly error: string | null;
  readonly reload: () => void;
}

/** The channels as the first of the regions that answers tells them. */
export function useChannels(client: Client): Channels {
  const [all, setAll] = useState<readonly ChannelInfo[]>([]);
  const [error, setError] = useState<string | null>(null);
  const [round, setRound] = useState(0);
  useEffect(() => {
    let gone = false;
    void ask(client).then((answer) => {
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
  }, [client, round]);
  const reload = useCallback(() => {
    setRound((before) => before + 1);
  }, []);
  return { all, error, reload };
}

async function ask(client: Client): Promise<readonly ChannelInfo[] | string> {
  try {
    return await client.channels();
  } catch (error) {
    return errorInWords(error);
  }
}
