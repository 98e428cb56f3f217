/** Presence with a client, in virtual time. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { type Client, type ClientOptions, type Presence, RefusedError } from '../src/index.js';
import { logOf, PresenceWorld } from './presenceWorld.js';

const OPTIONS: ClientOptions = { keepAliveMs: Infinity, backoffBaseMs: 10, backoffCapMs: 100 };

let world: PresenceWorld;
let client: Client;

beforeEach(() => {
  vi.useFakeTimers();
  world = new PresenceWorld();
  client = world.client(OPTIONS);
});

afterEach(async () => {
  const closed = client.close();
  await vi.advanceTimersByTimeAsync(60_000);
  await closed;
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

const users = (presence: Presence): string[] => presence.members.map(({ user }) => user);
const connections = (): string[] => [...world.us.leases.keys(), ...world.eu.leases.keys()];

describe('members', () => {
  test('of every region are there from the start, and the client itself', async () => {
    world.put(world.member('ana', 'c1'));
    world.put(world.member('ben', 'c2', 1, 'eu', 'away'));
    const presence = client.presence('tech', { data: 'hello' });
    const log = logOf(presence);
    const ready = presence.ready();
    await pass(10);
    await expect(ready).resolves.toBe(presence);
    expect(presence.state?.state).toBe('live');
    expect(presence.members).toMatchObject([
      { user: 'ana', connections: [{ region: 'us' }] },
      { user: 'anon:me', data: 'hello' },
      { user: 'ben', data: 'away', connections: [{ region: 'eu' }] },
    ]);
    expect(log.sort()).toEqual(['ENTER ana', 'ENTER anon:me', 'ENTER ben']);
  });

  test('come and go as the events tell, each user once', async () => {
    const presence = client.presence('tech', { enter: false });
    const log = logOf(presence);
    await pass(10);
    for (const [action, connection, seq, region] of [
      ['ENTER', 'c1', 1, 'us'],
      ['ENTER', 'c2', 1, 'eu'],
      ['LEAVE', 'c1', 2, 'us'],
      ['ENTER', 'c1', 1, 'us'],
      ['UPDATE', 'c2', 2, 'eu'],
      ['LEAVE', 'c2', 3, 'eu'],
    ] as const) {
      const data = action === 'UPDATE' ? 'new' : null;
      world.tell(action, world.member('ana', connection, seq, region, data));
      await pass(1);
    }
    expect(log).toEqual(['ENTER ana', 'UPDATE ana', 'LEAVE ana']);
    expect(connections()).toEqual([]);
  });

  test('who enters between start_ack and delivery is seen soon', async () => {
    const presence = client.presence('tech', { enter: false });
    await pass(10);
    world.put(world.member('ana', 'c1'));
    await pass(8_000);
    expect(users(presence)).toEqual(['ana']);
  });

  test('that nobody told of are seen within a minute', async () => {
    const presence = client.presence('tech', { enter: false });
    const log = logOf(presence);
    await pass(10);
    world.put(world.member('ana', 'c1', 1, 'eu'));
    await pass(60_000);
    world.eu.members.clear();
    await pass(60_000);
    expect(log).toEqual(['ENTER ana', 'LEAVE ana']);
  });

  test('what is told while a region is read counts', async () => {
    let release = (): void => undefined;
    world.us.held = new Promise((resolve) => {
      release = resolve;
    });
    world.put(world.member('ana', 'c1'));
    const presence = client.presence('tech', { enter: false });
    await pass(10);
    world.tell('LEAVE', world.member('ana', 'c1', 2));
    world.tell('ENTER', world.member('ben', 'c2'));
    await pass(10);
    release();
    await pass(10);
    expect(users(presence)).toEqual(['ben']);
  });

  test('of a region that is cut off are gone after 90 seconds, and back after it heals', async () => {
    world.put(world.member('ana', 'c1', 1, 'eu'));
    const presence = client.presence('tech', { enter: false });
    const log = logOf(presence);
    await pass(10);
    world.cut(world.eu);
    await pass(80_000);
    expect(users(presence)).toEqual(['ana']);
    await pass(60_000);
    expect(users(presence)).toEqual([]);
    world.eu.down = false;
    await pass(60_000);
    expect(log).toEqual(['ENTER ana', 'LEAVE ana', 'ENTER ana']);
  });

  test('are counted where nobody is named, in all regions, every ten seconds at most', async () => {
    world.us.occupancy = { connections: 1000, more: true };
    world.eu.occupancy = { connections: 7, more: false };
    const presence = client.presence('tech', { enter: false });
    const log = logOf(presence);
    await pass(10);
    for (let i = 0; i < 25; i += 1) {
      world.tell('COUNT', { region: 'us' });
      await pass(1_000);
    }
    expect(presence.count).toEqual({ connections: 1007, more: true });
    expect(log).toEqual(['COUNT 1007+', 'COUNT 1007+', 'COUNT 1007+']);
    world.cut(world.eu);
    world.us.occupancy = { connections: 300, more: false };
    world.tell('COUNT', { region: 'us' });
    await pass(30_000);
    expect(log.at(-1)).toBe('COUNT 300+');
  });
});

describe('the own membership', () => {
  test('is renewed by one heartbeat each 30 seconds, for all channels', async () => {
    for (const name of ['tech', 'cars', 'news']) {
      client.presence(name);
    }
    await pass(10);
    expect(connections()).toHaveLength(1);
    world.us.calls.length = 0;
    await pass(300_000);
    expect(world.us.calls.filter((call) => call === 'Heartbeat')).toHaveLength(10);
    expect(world.us.calls).not.toContain('Enter');
  });

  test('whose lease has ended begins again, with another connection and secret', async () => {
    const presence = client.presence('tech');
    await pass(10);
    const [before = ''] = connections();
    const secret = world.us.leases.get(before)?.secret;
    world.us.leases.clear();
    world.us.members.clear();
    await pass(31_000);
    const [after = ''] = connections();
    expect(after).not.toBe(before);
    expect(world.us.leases.get(after)?.secret).not.toBe(secret);
    expect(presence.members.at(0)?.connections.at(-1)?.connection).toBe(after);
  });

  test('that an operator ended is taken up again, if the rules allow it', async () => {
    const presence = client.presence('tech');
    const other = client.presence('cars');
    const log = logOf(presence);
    await pass(10);
    world.us.leases.get(connections()[0] ?? '')?.channels.delete('tech');
    await pass(31_000);
    expect(world.us.calls.filter((call) => call === 'Enter')).toHaveLength(3);
    world.us.leases.get(connections()[0] ?? '')?.channels.delete('tech');
    world.us.refuses = 'ChannelBlocked';
    await pass(31_000);
    expect(presence.state).toMatchObject({ state: 'refused', errorType: 'ChannelBlocked' });
    expect(log.at(-1)).toBe('RefusedError: ChannelBlocked: refused');
    expect(other.state?.state).toBe('live');
  });

  test('goes to the next region with a new connection, and nobody sees the user leave', async () => {
    const watcher = world.client({ ...OPTIONS, presenceId: 'watcher' }).presence('tech', { enter: false });
    client.presence('tech');
    const log = logOf(watcher);
    await pass(10);
    const [before] = connections();
    world.cut(world.us);
    await pass(20_000);
    expect([...world.eu.leases.keys()]).toHaveLength(1);
    expect([...world.eu.leases.keys()]).not.toContain(before);
    await pass(200_000);
    expect(log).toEqual(['ENTER anon:me']);
    expect(watcher.members).toMatchObject([{ user: 'anon:me', connections: [{ region: 'eu' }] }]);
    world.us.down = false;
    await pass(120_000);
    expect(world.us.leases.size).toBe(2);
    expect(log).toEqual(['ENTER anon:me']);
    expect(world.eu.members.size).toBe(0);
    await watcher.close();
  });

  test('shows other data after an update', async () => {
    const presence = client.presence('tech', { data: 'here' });
    const log = logOf(presence);
    await pass(10);
    presence.update('away');
    await pass(10);
    expect(presence.members).toMatchObject([{ data: 'away' }]);
    expect(log).toEqual(['ENTER anon:me', 'UPDATE anon:me']);
    const watching = client.presence('cars', { enter: false });
    expect(() => watching.update('x')).toThrow('only watches');
  });

  test('ends at close, and with the signal', async () => {
    const stop = new AbortController();
    const first = client.presence('tech', { signal: stop.signal });
    const second = client.presence('tech');
    const log = logOf(first);
    await pass(10);
    stop.abort();
    await pass(10);
    expect(log).toEqual(['ENTER anon:me', 'end']);
    expect(world.us.members.size).toBe(1);
    await second.close();
    expect(world.us.members.size).toBe(0);
    expect(client.state).toBe('idle');
    const [before] = connections();
    client.presence('tech');
    await pass(10);
    expect(connections()).toHaveLength(2);
    expect(connections().at(-1)).not.toBe(before);
  });

  test('of a page that goes ends with it, and is taken up again if the browser brings the page back', async () => {
    const page = new EventTarget();
    const listening = new Set<string>();
    vi.stubGlobal('addEventListener', (type: string, listener: () => void) => {
      listening.add(type);
      page.addEventListener(type, listener);
    });
    vi.stubGlobal('removeEventListener', (type: string, listener: () => void) => {
      listening.delete(type);
      page.removeEventListener(type, listener);
    });
    const rooms = ['tech', 'cars'].map((channel) => client.presence(channel));
    await pass(10);
    page.dispatchEvent(new Event('pagehide'));
    await pass(0);
    expect(world.us.kept).toEqual(['Leave', 'Leave']);
    expect([...world.us.members]).toEqual([]);
    page.dispatchEvent(new Event('pageshow'));
    await pass(0);
    expect([...world.us.members.keys()].map((key) => key.split(' ')[0])).toEqual(['tech', 'cars']);
    await Promise.all(rooms.map((room) => room.close()));
    expect(listening).toEqual(new Set());
    vi.unstubAllGlobals();
  });

  test('closed and opened at once stays', async () => {
    void client.presence('tech').close();
    const presence = client.presence('tech');
    await pass(10);
    expect(users(presence)).toEqual(['anon:me']);
  });

  test('ends although the region does not answer', async () => {
    const presence = client.presence('tech');
    await pass(10);
    world.cut(world.us);
    world.cut(world.eu);
    const closed = presence.close();
    await pass(2_000);
    await closed;
    expect(client.state).toBe('idle');
  });

  test('that is closed while it is being entered is left at once, whatever became of that', async () => {
    world.us.isMute = true;
    const presence = client.presence('tech');
    await pass(10);
    expect([...world.us.members.keys()]).toHaveLength(1);
    let isClosed = false;
    const closed = presence.close().then(() => (isClosed = true));
    await pass(2_000);
    expect(isClosed).toBe(true);
    await closed;
    expect(world.us.members.size).toBe(0);
  });

  test('of more than a hundred channels is refused', async () => {
    const all = Array.from({ length: 101 }, (_, place) => client.presence(`c${place}`));
    await pass(1_000);
    expect(all.filter(({ state }) => state?.state === 'live')).toHaveLength(100);
    await expect(all[100]?.next()).rejects.toBeInstanceOf(RefusedError);
  });
});

test('members that the region in use refuses to tell are the end, those of another region are not', async () => {
  world.eu.refusesReaders = 'AccessDenied';
  const presence = client.presence('tech');
  const ready = presence.ready();
  await pass(10);
  await expect(ready).resolves.toBe(presence);
  world.us.refusesReaders = 'AccessDenied';
  const refused = expect(client.presence('cars').ready()).rejects.toMatchObject({ errorType: 'AccessDenied' });
  await pass(10);
  await refused;
});

test('a deployment without presence refuses it', async () => {
  world.us.refusesWatchers = 'PresenceDisabled';
  const presence = client.presence('tech');
  const log = logOf(presence);
  await pass(10);
  await expect(presence.ready()).rejects.toThrow('PresenceDisabled');
  expect(presence.state).toMatchObject({ state: 'refused', errorType: 'PresenceDisabled' });
  expect(log).toEqual(['RefusedError: PresenceDisabled: refused']);
  expect(world.us.calls).toEqual([]);
});

test('a region that cannot tell changes is asked again, and nothing moves to another', async () => {
  world.us.refusesWatchers = 'ValidationError';
  const presence = client.presence('tech');
  await pass(5_000);
  expect(presence.state).toMatchObject({ state: 'connecting', errorType: 'ValidationError', region: 'us' });
  expect(world.eu.sockets.size).toBe(0);
  world.us.refusesWatchers = null;
  await pass(5_000);
  expect(presence.state).toMatchObject({ state: 'live', region: 'us' });
});
