/** A subscription that a test plays, and messages to play. */
import type { RegionEndpoint } from '@globalws/client';
import type { FeedEvent, FeedState, OpenFeed } from '../features/feed/feed';
import type { Message } from '@globalws/client';

export const OREGON: RegionEndpoint = {
  region: 'us-west-2',
  graphqlUrl: 'http://oregon.test/graphql',
  realtimeUrl: 'ws://oregon.test/graphql/realtime',
  apiKey: 'key-oregon',
};

export const SYDNEY: RegionEndpoint = {
  region: 'ap-southeast-2',
  graphqlUrl: 'http://sydney.test/graphql',
  realtimeUrl: 'ws://sydney.test/graphql/realtime',
  apiKey: 'key-sydney',
};

export function messageOf(number: number, change: Partial<Message> = {}): Message {
  return {
    id: `01JDEXAMP0E${String(number).padStart(15, '0')}`,
    name: 'tech',
    message: `message ${number}`,
    publishedAt: new Date(Date.UTC(2026, 10, 23, 12) + number * 1000).toISOString(),
    region: 'us-west-2',
    publisher: null,
    ...change,
  };
}

/** Feeds by their home region, to be played by the test. */
export class FakeFeeds {
  readonly opened: { readonly channel: string; readonly regions: readonly string[] }[] = [];
  readonly #waiting = new Map<string, (event: FeedEvent) => void>();

  readonly open: OpenFeed = (channel, client, signal) => {
    const codes = client.regions.map((each) => each.region);
    this.opened.push({ channel, regions: codes });
    const queue: FeedEvent[] = [];
    let wake: () => void = () => undefined;
    signal.addEventListener('abort', () => {
      wake();
    });
    this.#waiting.set(codes[0] ?? '', (event) => {
      queue.push(event);
      wake();
    });
    return (async function* () {
      while (!signal.aborted) {
        const event = queue.shift();
        if (event) yield event;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    })();
  };

  message(home: string, message: Message, resumed = false): void {
    this.#play(home, { kind: 'message', message, resumed });
  }

  state(home: string, state: FeedState): void {
    this.#play(home, { kind: 'state', state });
  }

  #play(home: string, event: FeedEvent): void {
    const play = this.#waiting.get(home);
    if (!play) throw new Error(`no feed is open at home in ${home}`);
    play(event);
  }
}
