import { vi } from 'vitest';
import { FakeFeeds, messageOf, OREGON, SYDNEY } from './fakes';
import { FakeSocket } from './socket';

interface Body {
  readonly query: string;
  readonly variables: { readonly name: string; readonly message: string; readonly id: string; readonly n0: string };
}
interface PresentMember {
  readonly user: string;
  readonly connection: string;
  readonly data: string | null;
  readonly enteredAt: string;
  readonly seq: number;
  readonly region: string;
}
type Publish = (body: Body['variables']) => Response;

const CHANNELS = [
  { name: 'cars', allowed: true, reason: null, updatedAt: null },
  { name: 'media', allowed: false, reason: 'claim', updatedAt: null },
  { name: 'tech', allowed: true, reason: null, updatedAt: null },
];
/** The local issuer, for a configuration that has one. */
export const ISSUER = {
  url: 'http://issuer.test',
  users: [
    { name: 'ana', groups: [] },
    { name: 'ben', groups: [] },
  ],
};
const region = (updatedAt: string, blocked: boolean): object => ({
  blocked,
  grants: { 'orders:*': ['publish', 'subscribe'] },
  reason: blocked ? 'spam' : 'hired',
  updatedAt,
});
/** A user whose block has not reached Sydney yet. */
const USERS = [
  {
    user: 'ana',
    agreed: false,
    regions: {
      'us-west-2': region('2026-11-23T10:15:00.000Z', true),
      'ap-southeast-2': region('2026-11-22T10:15:00.000Z', false),
    },
  },
];
const AUDIT = {
  records: [
    {
      key: 'media#block#1',
      region: 'us-west-2',
      at: '2026-11-23T10:15:00.000Z',
      action: 'block',
      channel: 'media',
      user: null,
      by: 'ops@host',
      reason: 'claim 1138',
      outcome: 'done',
    },
  ],
  errors: [],
};
export const accept: Publish = (variables) =>
  Response.json({ data: { publish: messageOf(1, { ...variables }) } });


/** What the page is served, and what it has asked for: the API, its configuration, the operator. */
class World {
  publish: Publish = accept;
  sent: Body['variables'][] = [];
  feeds = new FakeFeeds();
  config: object = { regions: [OREGON, SYDNEY], operator: false };
  /** What the registry says of a channel that is not allowed. */
  closed: object = { allowed: false, reason: null };
  /** How many messages each channel's history has. */
  stored: Readonly<Record<string, number>> = {};
  /** What every answer of history waits for. */
  held: Promise<void> = Promise.resolve();
  /** Who is in the channel, by the regions' answers. */
  present: readonly PresentMember[] = [];
  /** The operator's calls: method, path, body. */
  operated: [string, string, unknown][] = [];

  readonly fetch = (url: string, request?: RequestInit): Promise<Response> => {
    if (url === '/config.json') return Promise.resolve(Response.json(this.config));
    if (url.startsWith('/_local/operator')) {
      const call = url.slice('/_local/operator'.length);
      if (request?.body) this.operated.push([request.method ?? '', call, JSON.parse(request.body as string)]);
      return Promise.resolve(Response.json({ regions: [], region: 'us-west-2', users: USERS, ...AUDIT }));
    }
    if (url === `${ISSUER.url}/token`) {
      const user = new URLSearchParams(request?.body as URLSearchParams).get('user');
      return Promise.resolve(Response.json({ access_token: `token of ${user ?? ''}` }));
    }
    const body = JSON.parse(request?.body as string) as Body;
    if (body.query.includes('channels {')) {
      return Promise.resolve(Response.json({ data: { channels: CHANNELS } }));
    }
    if (body.query.includes('getChannel(')) {
      return Promise.resolve(Response.json({ data: { getChannel: { name: body.variables.name, ...this.closed } } }));
    }
    if (body.query.includes('history(')) {
      const items = Array.from({ length: this.stored[body.variables.n0] ?? 0 }, (_, n) =>
        messageOf(n, { publishedAt: new Date().toISOString() }),
      );
      return this.held.then(() => Response.json({ data: { h0: { items, nextToken: null } } }));
    }
    if (body.query.includes('presence(')) {
      const [code = ''] = [OREGON, SYDNEY].filter((each) => each.graphqlUrl === url).map((each) => each.region);
      const items = this.present.filter(({ region }) => region === code);
      return Promise.resolve(Response.json({ data: { presence: { items, nextToken: null } } }));
    }
    if (body.query.includes('occupancy(')) {
      return Promise.resolve(Response.json({ data: { occupancy: { connections: 150, more: false } } }));
    }
    if (body.query.includes('enter(') || body.query.includes('leave(')) {
      return Promise.resolve(Response.json({ data: { enter: null, leave: null } }));
    }
    if (body.query.includes('mutation')) {
      this.sent.push(body.variables);
      return Promise.resolve(this.publish(body.variables));
    }
    return Promise.resolve(Response.json({ data: { __typename: 'Query' } }));
  };
}

export let world: World;

/** A new world for the next test, at that address. */
export function renew(address: string): void {
  history.replaceState(null, '', address);
  world = new World();
  vi.stubGlobal('fetch', world.fetch);
  FakeSocket.refusal = 'PresenceDisabled';
  FakeSocket.opened = [];
  vi.stubGlobal('WebSocket', FakeSocket);
}
