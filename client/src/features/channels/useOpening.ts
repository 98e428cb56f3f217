import { useEffect, useState } from 'react';
import type { RegionConfig } from '../../config/config';
import { countMessages } from '../../graphql/operations';
import type { Channel } from '../../graphql/schema';

// As far back as a subscription shows what was said (features/feed/openFeed.ts).
const RECENT_MILLISECONDS = 15 * 60_000;
const MOST_ASKED = 20;
/** The channel of all examples in the documentation. */
const EXAMPLE = 'tech';

/**
 * The channel to open when the address names none: the one on which most was said lately; if nothing
 * was, that of the examples, or else the first. Empty until that is known.
 */
export function useOpening(
  channels: readonly Channel[],
  region: RegionConfig | undefined,
  wanted: boolean,
): string {
  const [chosen, setChosen] = useState('');
  useEffect(() => {
    if (!wanted || chosen !== '' || region === undefined) return undefined;
    const names = channels.filter((each) => each.allowed).map((each) => each.name);
    if (names.length === 0) return undefined;
    let gone = false;
    void liveliest(names, region).then((name) => {
      if (!gone) setChosen(name);
    });
    return () => {
      gone = true;
    };
  }, [channels, region, wanted, chosen]);
  return chosen;
}

async function liveliest(names: readonly string[], region: RegionConfig): Promise<string> {
  const ordered = names.includes(EXAMPLE)
    ? [EXAMPLE, ...names.filter((name) => name !== EXAMPLE)]
    : names;
  const since = Date.now() - RECENT_MILLISECONDS;
  const counted = await Promise.all(
    ordered.slice(0, MOST_ASKED).map(async (name) => ({
      name,
      count: await countMessages(region, name, since).catch(() => 0), // no history is kept
    })),
  );
  return counted.reduce((best, each) => (each.count > best.count ? each : best)).name;
}
