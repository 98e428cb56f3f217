import { useEffect, useState } from 'react';
import type { ChannelInfo, Client } from '@globalws/client';

const RECENT_MILLISECONDS = 15 * 60_000;
const MOST_ASKED = 20;
const MOST_COUNTED = 50;
/** The channel of all examples in the documentation. */
const EXAMPLE = 'tech';

/**
 * The channel to open when the address names none: the one on which most was said lately; if nothing
 * was, that of the examples, or else the first. Empty until that is known.
 */
export function useOpening(
  channels: readonly ChannelInfo[],
  client: Client | null,
  wanted: boolean,
): string {
  const [chosen, setChosen] = useState('');
  useEffect(() => {
    if (!wanted || chosen !== '' || client === null) return undefined;
    const names = channels.filter((each) => each.allowed && !/[*{]/.test(each.name)).map((each) => each.name);
    if (names.length === 0) return undefined;
    let gone = false;
    void liveliest(names, client).then((name) => {
      if (!gone) setChosen(name);
    });
    return () => {
      gone = true;
    };
  }, [channels, client, wanted, chosen]);
  return chosen;
}

async function liveliest(names: readonly string[], client: Client): Promise<string> {
  const ordered = names.includes(EXAMPLE)
    ? [EXAMPLE, ...names.filter((name) => name !== EXAMPLE)]
    : names;
  const since = Date.now() - RECENT_MILLISECONDS;
  const counted = await Promise.all(
    ordered.slice(0, MOST_ASKED).map(async (name) => ({
      name,
      count: await countSince(client, name, since).catch(() => 0), // no history is kept
    })),
  );
  return counted.reduce((best, each) => (each.count > best.count ? each : best)).name;
}

async function countSince(client: Client, name: string, since: number): Promise<number> {
  const { messages } = await client.history(name, { last: MOST_COUNTED });
  return messages.filter((each) => Date.parse(each.publishedAt) >= since).length;
}
