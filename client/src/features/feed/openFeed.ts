/** The page's subscription: the SDK's, which loses nothing and repeats nothing. */
import type { StateEvent } from '@globalws/client';
import type { FeedState, OpenFeed } from './feed';

/** What was said last, so that nobody enters an empty room. */
const REWIND = 50;

export const openFeed: OpenFeed = async function* (channel, client, signal) {
  const home = client.regions[0]?.region ?? '';
  for await (const event of client.subscribe(channel, { rewind: REWIND, signal })) {
    if (event.type === 'message') {
      yield { kind: 'message', message: event.message, resumed: event.source === 'history' };
    } else {
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
