/** The page's subscription: the resuming subscriber, which loses nothing and repeats nothing. */
import { subscribe } from '@globalws/client';
import type { StateEvent } from '@globalws/client';
import type { FeedState, OpenFeed } from './feed';

const TUNING = {
  // What was said lately, so that nobody enters an empty room.
  replayMs: 15 * 60_000,
  homeProbeMs: 5_000,
  failoverMs: 8_000,
  backoffCapMs: 8_000,
} as const;

export const openFeed: OpenFeed = async function* (channel, regions, signal) {
  if (signal.aborted) return;
  const home = regions[0]?.region ?? '';
  const subscription = subscribe(channel, { regions, ...TUNING });
  signal.addEventListener('abort', () => {
    subscription.close();
  });
  let isLive = false;
  for await (const event of subscription) {
    if (event.type === 'message') {
      // The SDK does not ask for it yet.
      const message = Object.assign({ publisher: null }, event.message);
      yield { kind: 'message', message, resumed: !isLive };
    } else {
      isLive = event.state === 'live' || event.state === 'failed-over';
      yield { kind: 'state', state: stateOf(event, home) };
    }
  }
};

function stateOf(event: StateEvent, home: string): FeedState {
  const { state, region, gap } = event;
  const reason = event.reason ?? '';
  switch (state) {
    case 'live':
      return { kind: state, region, gap };
    case 'failed-over':
      return { kind: state, region, gap, home };
    case 'refused':
      return { kind: state, region, errorType: event.errorType ?? 'Error', reason };
    case 'connecting':
    case 'resuming':
    case 'kicked':
      return { kind: state, region, reason };
  }
}
