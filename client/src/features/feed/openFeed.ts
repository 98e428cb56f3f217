/** A plain subscription: reconnects and fails over, but fetches no history. */
import type { RegionConfig } from '../../config/config';
import type { Message } from '../../graphql/schema';
import type { FeedEvent, OpenFeed } from './feed';

const SUBSCRIBE =
  'subscription ($name: String!) { subscribe(name: $name) { id name message publishedAt region } }';
const RETRY_MILLISECONDS = 1_000;
const TRIES_BEFORE_FAILOVER = 3;

type End =
  | { readonly kind: 'closed'; readonly wasLive: boolean; readonly kicked: boolean }
  | { readonly kind: 'refused'; readonly errorType: string; readonly reason: string };

interface Frame {
  readonly type: string;
  readonly payload?: {
    readonly data?: { readonly subscribe?: Message | null } | null;
    readonly errors?: readonly { readonly errorType?: string; readonly message?: string }[];
  };
}

export const openFeed: OpenFeed = async function* (channel, regions, signal) {
  const queue: FeedEvent[] = [];
  let wake: () => void = () => undefined;
  const emit = (event: FeedEvent): void => {
    queue.push(event);
    wake();
  };
  signal.addEventListener('abort', () => {
    wake();
  });
  void keepOpen(channel, regions, signal, emit);
  while (!signal.aborted) {
    const event = queue.shift();
    if (event) yield event;
    else await new Promise<void>((resolve) => (wake = resolve));
  }
};

async function keepOpen(
  channel: string,
  regions: readonly RegionConfig[],
  signal: AbortSignal,
  emit: (event: FeedEvent) => void,
): Promise<void> {
  const home = regions[0]?.region ?? '';
  let tries = 0;
  let everLive = false;
  while (!signal.aborted) {
    const region = regions[Math.floor(tries / TRIES_BEFORE_FAILOVER) % regions.length];
    if (!region) return;
    const code = region.region;
    emit({ kind: 'state', state: { kind: everLive ? 'resuming' : 'connecting', region: code } });
    const end = await session(channel, region, signal, emit, () => {
      everLive = true;
      const state =
        code === home
          ? ({ kind: 'live', region: code } as const)
          : ({ kind: 'failed-over', region: code, home } as const);
      emit({ kind: 'state', state });
    });
    if (end.kind === 'refused') {
      emit({ kind: 'state', state: { ...end, region: code } });
      return;
    }
    if (end.kicked) emit({ kind: 'state', state: { kind: 'kicked', region: code } });
    tries = end.wasLive ? 0 : tries + 1;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
  }
}

function session(
  channel: string,
  region: RegionConfig,
  signal: AbortSignal,
  emit: (event: FeedEvent) => void,
  onLive: () => void,
): Promise<End> {
  const authorization = { host: new URL(region.graphqlUrl).host, 'x-api-key': region.apiKey };
  const header = btoa(JSON.stringify(authorization))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
  const socket = new WebSocket(region.realtimeUrl, ['graphql-ws', `header-${header}`]);
  let wasLive = false;
  let kicked = false;
  return new Promise((resolve) => {
    const abort = (): void => {
      socket.close();
    };
    signal.addEventListener('abort', abort, { once: true });
    socket.onopen = () => {
      socket.send('{"type":"connection_init"}');
    };
    socket.onclose = () => {
      resolve({ kind: 'closed', wasLive, kicked });
    };
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(String(data)) as Frame;
      const message = frame.payload?.data?.subscribe;
      if (frame.type === 'connection_ack') {
        const query = JSON.stringify({ query: SUBSCRIBE, variables: { name: channel } });
        const payload = { data: query, extensions: { authorization } };
        socket.send(JSON.stringify({ id: '1', type: 'start', payload }));
      } else if (frame.type === 'start_ack') {
        wasLive = true;
        onLive();
      } else if (frame.type === 'data' && message) {
        emit({ kind: 'message', message, resumed: false });
      } else if (frame.type === 'complete') {
        kicked = true;
      } else if (frame.type === 'error' || frame.type === 'connection_error') {
        const [error] = frame.payload?.errors ?? [];
        const errorType = error?.errorType ?? 'Error';
        resolve({ kind: 'refused', errorType, reason: error?.message ?? errorType });
        socket.close();
      }
    };
  });
}
