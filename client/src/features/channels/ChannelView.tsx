import type { RegionEndpoint } from '@globalws/client';
import { MessageBoard } from '../board/MessageBoard';
import { Composer } from '../composer/Composer';
import { useDrafts } from '../composer/useDrafts';
import { useMakers, useOwnIds } from '../composer/useOwnIds';
import { StateLine } from '../feed/StateLine';
import { useFeed } from '../feed/useFeed';
import { WhoIsHere } from '../presence/WhoIsHere';
import { useClient } from '../session/clients';
import classes from './ChannelView.module.css';

interface Props {
  readonly channel: string;
  /** Home first. */
  readonly regions: readonly [RegionEndpoint, ...RegionEndpoint[]];
  /** Who is signed in, or empty. */
  readonly user: string;
}

/** One channel: its subscription's state, its messages, and the form to publish. */
export function ChannelView({ channel, regions, user }: Props) {
  const own = useOwnIds(useMakers(), user);
  const client = useClient(regions, user);
  const feed = useFeed(channel, client, own.has);
  const drafts = useDrafts(client, own, feed.published);
  return (
    <section className={classes.view} aria-label={`Channel ${channel}`}>
      <StateLine state={feed.state} onRetry={feed.retry} label="Subscription" />
      <WhoIsHere channel={channel} client={client} user={user} />
      <div className={classes.card}>
        <MessageBoard
          board={feed.board}
          label={`Messages of ${channel}`}
          empty={`No messages in #${channel} yet. What is published from now on appears here.`}
        />
      </div>
      <Composer channel={channel} label={`Message to #${channel}`} drafts={drafts} />
    </section>
  );
}
