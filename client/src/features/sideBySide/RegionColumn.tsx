import { useEffect, useMemo, useState } from 'react';
import type { RegionEndpoint } from '@globalws/client';
import { regionName } from '../../lib/regionNames';
import { MessageBoard } from '../board/MessageBoard';
import type { Entry } from '../board/board';
import { Composer } from '../composer/Composer';
import { useDrafts } from '../composer/useDrafts';
import { useOwnIds } from '../composer/useOwnIds';
import type { Makers } from '../composer/useOwnIds';
import { StateLine } from '../feed/StateLine';
import { useFeed } from '../feed/useFeed';
import { RegionChip } from '../regions/RegionChip';
import { useClient } from '../session/clients';
import { SignIn } from '../session/SignIn';
import classes from './SideBySide.module.css';

interface Props {
  readonly channel: string;
  readonly region: RegionEndpoint;
  /** Who is signed in on the page, or empty; each column may have somebody else. */
  readonly user: string;
  /** Shared by all columns: who made which message. */
  readonly makers: Makers;
  readonly onEntries: (region: string, entries: readonly Entry[]) => void;
}

/** The channel as one region's subscribers see it; it stays there, even when the region is down. */
export function RegionColumn({ channel, region, user, makers, onEntries }: Props) {
  const code = region.region;
  const onlyHere = useMemo(() => [region] as const, [region]);
  const [chosen, setChosen] = useState<string | null>(null);
  const who = chosen ?? user;
  const client = useClient(onlyHere, who);
  const own = useOwnIds(makers, who);
  const feed = useFeed(channel, client, own.has);
  const drafts = useDrafts(client, own, feed.published);
  const { entries } = feed.board;
  useEffect(() => {
    onEntries(code, entries);
  }, [code, entries, onEntries]);
  return (
    <section className={classes.column} aria-label={regionName(code)}>
      <h2 className={classes.heading}>
        <RegionChip region={code} />
      </h2>
      <SignIn label={`User in ${regionName(code)}`} user={who} onUser={setChosen} />
      <StateLine
        state={feed.state}
        onRetry={feed.retry}
        label={`Subscription in ${regionName(code)}`}
      />
      <MessageBoard
        board={feed.board}
        label={`Messages of ${channel} in ${regionName(code)}`}
        empty={`Nothing has reached ${regionName(code)} yet.`}
      />
      <Composer channel={channel} label={`Send from ${regionName(code)}`} drafts={drafts} />
    </section>
  );
}
