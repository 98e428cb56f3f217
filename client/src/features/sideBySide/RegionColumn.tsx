import { useEffect, useMemo } from 'react';
import type { RegionConfig } from '../../config/config';
import { regionName } from '../../lib/regionNames';
import { MessageBoard } from '../board/MessageBoard';
import type { Entry } from '../board/board';
import { Composer } from '../composer/Composer';
import { useOutbox } from '../composer/useOutbox';
import type { OwnIds } from '../composer/useOwnIds';
import { StateLine } from '../feed/StateLine';
import { useFeed } from '../feed/useFeed';
import { RegionChip } from '../regions/RegionChip';
import classes from './SideBySide.module.css';

interface Props {
  readonly channel: string;
  readonly region: RegionConfig;
  readonly own: OwnIds;
  readonly onEntries: (region: string, entries: readonly Entry[]) => void;
}

/** The channel as one region's subscribers see it; it stays there, even when the region is down. */
export function RegionColumn({ channel, region, own, onEntries }: Props) {
  const code = region.region;
  const onlyHere = useMemo(() => [region] as const, [region]);
  const feed = useFeed(channel, onlyHere, own.has);
  const outbox = useOutbox(region, own, feed.published);
  const { entries } = feed.board;
  useEffect(() => {
    onEntries(code, entries);
  }, [code, entries, onEntries]);
  return (
    <section className={classes.column} aria-label={regionName(code)}>
      <h2 className={classes.heading}>
        <RegionChip region={code} />
      </h2>
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
      <Composer channel={channel} label={`Send from ${regionName(code)}`} outbox={outbox} />
    </section>
  );
}
