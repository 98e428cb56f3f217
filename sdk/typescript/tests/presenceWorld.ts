/** Regions with presence, in memory: sockets, requests and the bus between them. */

import { vi } from 'vitest';

import { Client, type ClientOptions, type Presence, type RegionEndpoint } from '../src/index.js';

interface Variables {
  readonly name: string;
  readonly connection: string;
  readonly secret: string;
  readonly data: string | null;
  readonly client: string;
}

export interface Listed {
  readonly user: string;
  readonly connection: string;
  readonly data: string | null;
  readonly enteredAt: string;
  readonly seq: number;
  readonly region: string;
}

interface Lease {
  readonly secret: string;
  readonly channels: Set<string>;
  seq: number;
}

class Refusal extends Error {}

export class Region {
  readonly leases = new Map<string, Lease>();
  /** by channel and connection */
  readonly members = new Map<string, Listed>();
  readonly sockets = new Set<FakeSocket>();
  /** neither sockets nor requests are answered */
  down = false;
  /** errorType of every `enter` */
  refuses: string | null = null;
  /** errorType of every subscription */
  refusesWatchers: string | null = null;
  /** errorType of every reading of the members */
  refusesReaders: string | null = null;
  occupancy = { connections: 0, more: false };
  /** what `presence` waits for */
  held: Promise<void> | null = null;
  /** `enter` is accepted, and the answer never arrives */
  isMute = false;
  readonly calls: string[] = [];
  /** the calls that outlive their page */
  readonly kept: string[] = [];
}

/** Everything that the client of a test talks to. */
export class PresenceWorld {
  readonly us = new Region();
  readonly eu = new Region();
  readonly #regions = new Map([
    ['us', this.us],
    ['eu', this.eu],
  ]);

  client(options: ClientOptions = {}): Client {
    const endpoints = [...this.#regions.keys()].map((name): RegionEndpoint => {
      const host = `${name}.test`;
      return { region: name, graphqlUrl: `https://${host}/graphql`, realtimeUrl: `wss://${host}`, apiKey: 'k' };
    });
    FakeSocket.regionOf = (name) => this.#at(name);
    return new Client(endpoints, {
      WebSocket: FakeSocket,
      fetch: this.#fetch,
      random: () => 0.5,
      wall: () => Date.now(),
      now: () => performance.now(),
      presenceId: 'me',
      ...options,
    });
  }

  /** Somebody else's connection. */
  member(user: string, connection: string, seq = 1, region = 'us', data: string | null = null): Listed {
    return { user, connection, data, enteredAt: '2026-11-28T12:00:00.000Z', seq, region };
  }

  /** Puts somebody into a region's list, of which nobody is told. */
  put(member: Listed): void {
    this.#at(member.region).members.set(`tech ${member.connection}`, member);
  }

  /** Tells all watchers in all regions that answer. */
  tell(action: string, of: Partial<Listed> & { readonly region: string }, name = 'tech'): void {
    const { enteredAt: at = '2026-11-28T12:00:00.000Z', ...fields } = of;
    for (const region of this.#regions.values()) {
      if (!region.down) {
        region.sockets.forEach((socket) => socket.changed({ name, action, at, ...fields }));
      }
    }
  }

  /** The region does not answer any more. */
  cut(region: Region): void {
    region.down = true;
    [...region.sockets].forEach((socket) => socket.lose());
  }

  readonly #fetch = vi.fn(async (url: string, init?: RequestInit): Promise<Response> => {
    const [name = ''] = new URL(url).hostname.split('.');
    const region = this.#at(name);
    const { query, variables } = JSON.parse(init?.body as string) as { query: string; variables: Variables };
    const [, operation = ''] = /^\w+ (\w+)/.exec(query) ?? [];
    await Promise.resolve();
    if (region.down) {
      throw new TypeError('fetch failed');
    }
    region.calls.push(operation);
    if (init?.keepalive === true) {
      region.kept.push(operation);
    }
    try {
      const data = await this.#answer(name, region, operation, variables, init?.signal);
      return Response.json({ data });
    } catch (error) {
      if (!(error instanceof Refusal)) {
        throw error;
      }
      return Response.json({ data: null, errors: [{ errorType: error.message, message: 'refused' }] });
    }
  }) as unknown as typeof fetch;

  async #answer(
    name: string,
    region: Region,
    operation: string,
    given: Variables,
    signal: AbortSignal | null | undefined,
  ): Promise<object> {
    const { client, connection, data, name: channel, secret } = given;
    const lease = region.leases.get(connection);
    const key = `${channel} ${connection}`;
    switch (operation) {
      case 'Members': {
        if (region.refusesReaders !== null) {
          throw new Refusal(region.refusesReaders);
        }
        const items = [...region.members].filter(([at]) => at.startsWith(`${channel} `)).map(([, each]) => each);
        await region.held;
        return { presence: { items, nextToken: null } };
      }
      case 'Occupancy':
        return { occupancy: region.occupancy };
      case 'Enter': {
        if (region.refuses !== null) {
          throw new Refusal(region.refuses);
        }
        const joined = lease ?? { secret, channels: new Set<string>(), seq: 0 };
        if (joined.secret !== secret) {
          throw new Refusal('LeaseExpired');
        }
        joined.channels.add(channel);
        joined.seq += 1;
        region.leases.set(connection, joined);
        const enteredAt = new Date().toISOString();
        const member = { user: `anon:${client}`, connection, data, enteredAt, seq: joined.seq, region: name };
        const action = region.members.has(key) ? 'UPDATE' : 'ENTER';
        region.members.set(key, member);
        this.tell(action, member, channel);
        await (region.isMute ? aborted(signal) : null);
        return { enter: member };
      }
      case 'Heartbeat':
        if (lease === undefined) {
          throw new Refusal('LeaseExpired');
        }
        return { heartbeat: { expiresAt: '', channels: [...lease.channels] } };
      case 'Leave': {
        const member = region.members.get(key);
        lease?.channels.delete(channel);
        region.members.delete(key);
        if (member !== undefined && lease !== undefined) {
          lease.seq += 1;
          this.tell('LEAVE', { ...member, seq: lease.seq }, channel);
        }
        return { leave: member ?? null };
      }
      default:
        throw new Error(`no such operation: ${operation}`);
    }
  }

  #at(name: string): Region {
    const region = this.#regions.get(name);
    if (region === undefined) {
      throw new Error(`no region ${name}`);
    }
    return region;
  }
}

/** Rejects when the request is given up. */
function aborted(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(new Error('given up')));
  });
}

/** A socket of AppSync's, for subscriptions of presence. */
class FakeSocket {
  static regionOf: (name: string) => Region = () => {
    throw new Error('there is no world');
  };

  readyState = 0;
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  readonly #region: Region;
  readonly #subscribed = new Map<string, string>();

  constructor(url: string) {
    const [name = ''] = new URL(url).hostname.split('.');
    this.#region = FakeSocket.regionOf(name);
    queueMicrotask(() => {
      if (this.#region.down) {
        this.lose();
      } else {
        this.readyState = 1;
        this.#region.sockets.add(this);
        this.onopen?.(undefined as never);
      }
    });
  }

  send(text: string): void {
    const { id, payload, type } = JSON.parse(text) as { id: string; type: string; payload?: { data: string } };
    queueMicrotask(() => {
      if (type === 'connection_init') {
        this.#give({ type: 'connection_ack', payload: { connectionTimeoutMs: 300_000 } });
      } else if (type === 'stop') {
        this.#subscribed.delete(id);
      } else if (this.#region.refusesWatchers !== null) {
        const errors = [{ errorType: this.#region.refusesWatchers, message: 'refused' }];
        this.#give({ id, type: 'error', payload: { errors } });
      } else {
        const { variables } = JSON.parse(payload?.data ?? '') as { variables: { name: string } };
        this.#subscribed.set(id, variables.name);
        this.#give({ id, type: 'start_ack' });
      }
    });
  }

  changed(event: Readonly<Record<string, unknown>>): void {
    for (const [id, name] of this.#subscribed) {
      if (name === event['name']) {
        this.#give({ id, type: 'data', payload: { data: { presenceChanged: event } } });
      }
    }
  }

  lose(): void {
    this.readyState = 3;
    this.#region.sockets.delete(this);
    this.onclose?.({ code: 1006 } as never);
  }

  close(): void {
    this.lose();
  }

  #give(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) } as never);
  }
}

/** Reads a presence into a list, as `ENTER ana`, and `end` or the error. */
export function logOf(presence: Presence): string[] {
  const log: string[] = [];
  const run = async (): Promise<void> => {
    for await (const change of presence) {
      log.push(
        change.action === 'COUNT'
          ? `COUNT ${change.connections}${change.more ? '+' : ''}`
          : `${change.action} ${change.member.user}`,
      );
    }
    log.push('end');
  };
  run().catch((error: unknown) => log.push(String(error)));
  return log;
}
