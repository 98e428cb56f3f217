import type { RegionConfig } from '../../config/config';
import { MessageBoard } from '../board/MessageBoard';
import { Composer } from '../composer/Composer';
import { useOutbox } from '../composer/useOutbox';
import { useOwnIds } from '../composer/useOwnIds';
import { StateLine } from '../feed/StateLine';
import { useFeed } from '../feed/useFeed';
import classes from './ChannelView.module.css';

interface Props {
  readonly channel: string;
  /** Home first. */
  readonly regions: readonly [RegionConfig, ...RegionConfig[]];
}

/** One channel: its subscription's state, its messages, and the form to publish. */
export function ChannelView({ channel, regions }: Props) {
  const own = useOwnIds();
  const feed = useFeed(channel, regions, own.has);
  // Where the subscription lives, the API answers; home may be the region that is down.
  const current = regions.find((each) => each.region === feed.state.region) ?? regions[0];
  const outbox = useOutbox(current, own, feed.published);
  return (
    <section className={classes.view} aria-label={`Channel ${channel}`}>
      <StateLine state={feed.state} onRetry={feed.retry} label="Subscription" />
      <div className={classes.card}>
        <MessageBoard
          board={feed.board}
          label={`Messages of ${channel}`}
          empty={`No messages in #${channel} yet. What is published from now on appears here.`}
        />
      </div>
      <Composer channel={channel} label={`Message to #${channel}`} outbox={outbox} />
    </section>
  );
}
