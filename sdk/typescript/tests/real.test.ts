/** The shared scenarios with the real driver, against the scripted servers. */

import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';

import { Client, type RegionEndpoint, type Subscription, token } from '../src/index.js';
import { PATIENCE_MS, RealRunner } from './real.js';
import { label, loadScenarios, type Scenario } from './scenarios.js';
import { FakeServers } from './servers.js';

/** A promise for the next event cannot be taken back, so a pause would come one event late. */
function pauses({ steps }: Scenario): boolean {
  return steps.some((step) => 'pause' in step);
}

describe('against the scripted servers', () => {
  const fake = new FakeServers();

  beforeAll(() => fake.begin());

  beforeEach(() => fake.reset());

  afterAll(() => fake.end());

  const scenarios = loadScenarios().filter(([, s]) => s.real === true && !pauses(s));

  test.each(scenarios)('%s', async (_file, scenario) => {
    await new RealRunner(scenario, fake).run();
  });

  test('the nearest region is home, and one that does not answer comes last', async () => {
    const wrong = { region: 'xx', graphqlUrl: 'http://127.0.0.1:9', realtimeUrl: 'ws://127.0.0.1:9', apiKey: '' };
    const client = new Client([wrong, ...fake.endpoints], { WebSocket, nearest: true });
    const { region } = await client.publish('tech', 'hello');
    expect(['us', 'au']).toContain(region);
    expect((await client.roundTrips()).get('xx')).toBe(Infinity);
  });

  test('publish retries with the same id and fails over', async () => {
    fake.answers(0, [{ errorType: 'BusUnavailable', message: 'again' }, 503]);
    const client = new Client(fake.endpoints);
    const ids: string[] = [];
    const onId = (id: string): number => ids.push(id);
    const message = await client.publish('tech', 'hello', { backoffBaseMs: 1, onId });
    expect(message).toMatchObject({ region: 'au', message: 'hello', name: 'tech' });
    expect(fake.publishedIds()).toEqual([message.id, message.id, message.id]);
    expect(ids).toEqual([message.id]);
  });

  test('publish: a region with an older schema is left at once', async () => {
    fake.answers(0, [{ errorType: 'ValidationError', message: 'no such field' }]);
    const message = await new Client(fake.endpoints).publish('tech', 'hello', { backoffBaseMs: 1 });
    expect(message.region).toBe('au');
    expect(fake.publishedIds()).toHaveLength(2);
  });

  test('publish: a refusal is final', async () => {
    fake.answers(0, [{ errorType: 'ChannelNotAllowed', message: 'no' }]);
    await expect(new Client(fake.endpoints).publish('tech', 'hello')).rejects.toMatchObject({
      name: 'RefusedError',
      errorType: 'ChannelNotAllowed',
    });
  });

  test('publish: no region acknowledges', async () => {
    const regions = fake.endpoints.map((each) => ({ ...each, graphqlUrl: 'http://127.0.0.1:9' }));
    const failed = new Client(regions).publish('tech', 'hello', { attempts: 1, rounds: 1 });
    await expect(failed).rejects.toMatchObject({ name: 'PublishFailedError' });
  });

  test('publish: a signal ends the attempts', async () => {
    fake.answers(0, Array<number>(100).fill(503));
    fake.answers(1, Array<number>(100).fill(503));
    const published = new Client(fake.endpoints).publish('tech', 'hello', {
      rounds: 25,
      backoffBaseMs: 10_000,
      signal: AbortSignal.timeout(200),
    });
    await expect(published).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  test('a token is fetched once for all, kept, and asked for again after a refusal', async () => {
    let current = 'first';
    let fetched = 0;
    fake.authorized = ({ Authorization }) => Authorization === current;
    const auth = token(() => {
      fetched += 1;
      return Promise.resolve(current);
    });
    const client = new Client(fake.endpoints, { WebSocket, auth, backoffBaseMs: 10 });
    const subscriptions = ['a', 'b', 'c'].map((name) => client.subscribe(name));
    const live = (): boolean => subscriptions.every(({ state }) => state?.state === 'live');
    await expect.poll(live).toBe(true);
    await client.publish('a', 'hello');
    expect(fetched).toBe(1);
    current = 'second';
    await client.publish('a', 'hello');
    expect(fetched).toBe(2);
    current = 'third';
    const resumed = vi.fn();
    for (const each of subscriptions) {
      each.onState(({ state }) => {
        if (state === 'live') {
          resumed();
        }
      });
    }
    fake.world.apply({ cut: 'us' });
    await expect.poll(() => resumed.mock.calls.length, { timeout: PATIENCE_MS }).toBe(3);
    expect(fetched).toBe(3);
    await client.close();
    expect(client.state).toBe('closed');
  });

  test('a token that is refused again ends the subscriptions', async () => {
    fake.authorized = () => false;
    const client = new Client(fake.endpoints, { WebSocket, auth: token(() => 'x'), backoffBaseMs: 1 });
    const subscription = client.subscribe('tech');
    const states: string[] = [];
    for await (const event of subscription) {
      states.push(label(event));
    }
    expect(states.at(-1)).toBe('refused us UnauthorizedException');
    await expect(client.publish('tech', 'hello')).rejects.toMatchObject({ name: 'RefusedError' });
  });

  test('a token source that fails is asked again', async () => {
    let works = false;
    fake.authorized = ({ Authorization }) => Authorization === 'good';
    const auth = token(() => {
      if (!works) {
        throw new Error('the issuer does not answer');
      }
      return 'good';
    });
    const [home] = fake.endpoints as [RegionEndpoint];
    const client = new Client([home], { WebSocket, auth, backoffCapMs: 20 });
    const subscription = client.subscribe('tech');
    await expect.poll(() => subscription.state?.reason).toContain('the issuer does not answer');
    works = true;
    await expect.poll(() => subscription.state?.state).toBe('live');
    await client.close();
  });

  test('own messages are known, and can be left out', async () => {
    const client = new Client(fake.endpoints, { WebSocket });
    const all = client.subscribe('tech');
    const others = client.subscribe('tech', { skipOwn: true });
    await expect.poll(() => [all, others].map(({ state }) => state?.state)).toEqual(['live', 'live']);
    const { id } = await client.publish('tech', 'mine');
    const mine = { id, name: 'tech', message: 'mine', publishedAt: new Date().toISOString(), region: 'us' };
    fake.world.deliver('us', mine);
    fake.world.apply({ publish: 'theirs', regions: ['us'] });
    const seen = async (subscription: Subscription, count: number): Promise<unknown[]> => {
      const found: unknown[] = [];
      for await (const event of subscription) {
        if (event.type === 'message') {
          found.push([event.message.message, event.own, event.source]);
        }
        if (found.length === count) {
          break;
        }
      }
      return found;
    };
    expect(await seen(all, 2)).toEqual([
      ['mine', true, 'live'],
      ['theirs', false, 'live'],
    ]);
    expect(await seen(others, 1)).toEqual([['theirs', false, 'live']]);
    await client.close();
  });

  test('a signal closes the subscription, and close waits for the socket', async () => {
    const client = new Client(fake.endpoints, { WebSocket });
    const controller = new AbortController();
    const subscription = client.subscribe('tech', { signal: controller.signal });
    const reading = (async () => {
      let last = '';
      for await (const event of subscription) {
        last = label(event);
      }
      return last;
    })();
    await expect.poll(() => subscription.state?.state).toBe('live');
    controller.abort();
    expect(await reading).toBe('live us');
    await client.close();
    await expect.poll(() => fake.world.connected()).toEqual([]);
  });

  test('history: the last messages, newest first, page by page', async () => {
    for (const text of ['a', 'b', 'c']) {
      fake.world.apply({ publish: text, regions: ['us'], agoMs: 0 });
    }
    const client = new Client(fake.endpoints);
    const first = await client.history('tech', { last: 2 });
    expect(first.messages.map(({ message }) => message)).toEqual(['c', 'b']);
    const { messages, nextToken } = await client.history('tech', { last: 2, nextToken: first.nextToken });
    expect(messages.map(({ message }) => message)).toEqual(['a']);
    expect(nextToken).toBeNull();
  });
});
