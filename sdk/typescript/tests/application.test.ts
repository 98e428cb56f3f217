/** What applications do to a client: they close, throw, abort and hang at bad moments. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { apiKey, Client, type ClientOptions, type Message, type Subscription, type SubscriptionEvent, token } from '../src/index.js';
import { FakeSocket, NOW, region } from './fakeSocket.js';

let uncaught: unknown[];

beforeEach(() => {
  FakeSocket.forget();
  vi.useFakeTimers({ now: NOW });
  uncaught = [];
  const microtask = queueMicrotask;
  vi.stubGlobal('queueMicrotask', (act: () => void) => {
    microtask(() => {
      try {
        act();
      } catch (error) {
        uncaught.push(error);
      }
    });
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const never = (): Promise<never> => new Promise(() => undefined);

/** Publishes whatever it is sent. */
function accept(_: unknown, request?: RequestInit): Promise<Response> {
  const { variables } = JSON.parse(request?.body as string) as { variables: Message };
  const publish = { ...variables, publishedAt: '', region: 'up', publisher: null };
  return Promise.resolve(Response.json({ data: { publish } }));
}

function clientOf(options: ClientOptions = {}): Client {
  return new Client([region('up')], { fetch: never, ...options, WebSocket: FakeSocket });
}

function passed(): Promise<unknown> {
  return vi.advanceTimersByTimeAsync(1);
}

describe('listeners', () => {
  test('one that throws stops neither the client nor the others', async () => {
    const client = clientOf();
    const subscription = client.subscribe('tech');
    const states: string[] = [];
    const bad = (): void => {
      throw new Error('mistake');
    };
    subscription.onState(bad);
    client.onState(bad);
    subscription.onState(({ state }) => states.push(state));
    await passed();
    expect(states).toEqual(['connecting', 'live']);
    expect(uncaught.length).toBeGreaterThan(0);
    await client.close();
  });

  test.each(['connecting', 'live'])('one that closes at %s leaves nothing open', async (when) => {
    const subscription = clientOf().subscribe('tech');
    subscription.onState(({ state }) => {
      if (state === when) {
        void subscription.close();
      }
    });
    await passed();
    expect(FakeSocket.latest?.readyState ?? 3).toBe(3);
    expect(vi.getTimerCount()).toBe(0);
    expect(await subscription.next()).toMatchObject({ done: true });
  });
});

test('a subscription that is closed before there is a token for it is not started', async () => {
  let slow = false;
  const auth = token(() => new Promise<string>((resolve) => setTimeout(resolve, slow ? 100 : 0, 'not a JWT')));
  const client = clientOf({ auth });
  client.subscribe('cars');
  await vi.advanceTimersByTimeAsync(10);
  const { sent } = FakeSocket.latest ?? { sent: [] };
  const before = [...sent];
  expect(before).toEqual(['connection_init', expect.stringMatching('start')]);
  slow = true;
  auth.refused();
  const subscription: Subscription = client.subscribe('tech');
  await vi.advanceTimersByTimeAsync(10);
  await subscription.close();
  await vi.advanceTimersByTimeAsync(200);
  expect(sent).toEqual(before);
  await client.close();
});

describe('a token source that hangs', () => {
  test('is called again, and everything goes on', async () => {
    const source = vi.fn<() => Promise<string>>();
    source.mockImplementationOnce(never).mockResolvedValue('not a JWT');
    const client = clientOf({ auth: token(source), fetch: accept, random: () => 0 });
    const subscription = client.subscribe('tech');
    const published = client.publish('tech', 'hello');
    await vi.advanceTimersByTimeAsync(35_000);
    expect(source).toHaveBeenCalledTimes(2);
    expect(subscription.state?.state).toBe('live');
    await expect(published).resolves.toMatchObject({ message: 'hello' });
    await client.close();
  });

  test('is not waited for by who gives up, nor after the time', async () => {
    const client = clientOf({ auth: token(never), fetch: accept });
    const controller = new AbortController();
    const outcomes = [
      client.publish('tech', 'hello', { signal: controller.signal }),
      client.history('tech', { signal: controller.signal }),
      client.history('tech'),
      client.publish('tech', 'hello', { attempts: 1, rounds: 1 }),
    ].map((call) => call.then(() => 'done', (error: unknown) => (error as Error).name));
    await passed();
    controller.abort();
    await expect(Promise.all(outcomes.slice(0, 2))).resolves.toEqual(['AbortError', 'AbortError']);
    const closed = client.close().then(() => 'closed');
    await vi.advanceTimersByTimeAsync(10_000);
    await expect(Promise.all([...outcomes.slice(2), closed])).resolves.toEqual([
      'NoAnswerError',
      'PublishFailedError',
      'closed',
    ]);
  });
});

test('a token that is being fetched is not thrown away by a late refusal of the one before', async () => {
  let number = 0;
  const auth = token(() => Promise.resolve(`token ${(number += 1)}`));
  const first = await auth.headers();
  auth.refused(first);
  const second = auth.headers();
  auth.refused(first);
  auth.refused();
  await second;
  auth.refused(first);
  await expect(auth.headers()).resolves.toEqual({ Authorization: 'token 2' });
});

test('a signal for many calls holds none of them', async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...given: Parameters<typeof add>) => {
    listeners += 1;
    add(...given);
  };
  signal.removeEventListener = (...given: Parameters<typeof remove>) => {
    listeners -= 1;
    remove(...given);
  };
  const busy = (): Promise<Response> => Promise.resolve(new Response('<html>', { status: 503 }));
  const client = clientOf({ auth: apiKey('k'), fetch: busy });
  const published = client.publish('tech', 'hello', { signal }).catch(() => null);
  const subscriptions = [client.subscribe('tech', { signal }), client.subscribe('cars', { signal })];
  await vi.advanceTimersByTimeAsync(20_000);
  await published;
  expect(listeners).toBe(2);
  await Promise.all(subscriptions.map((each) => each.close()));
  expect(listeners).toBe(0);
});

test('ids of one client increase, however fast it publishes', async () => {
  const client = clientOf({ fetch: accept });
  const published = Array.from({ length: 50 }, (_, number) => client.publish('tech', String(number)));
  const ids = (await Promise.all(published)).map(({ id }) => id);
  expect([...new Set(ids)].sort()).toEqual(ids);
});

describe('a checkpoint from a store', () => {
  test('none: begins now', async () => {
    const subscription = clientOf().subscribe('tech', { checkpoint: null });
    await passed();
    expect(subscription.state?.state).toBe('live');
    await subscription.close();
  });

  test.each([[{}], [[]], ['text'], [{ coveredMs: {} }], [{ floor: 'x' }]])('%j is refused at once', (checkpoint) => {
    expect(() => clientOf().subscribe('tech', { checkpoint: checkpoint as never })).toThrow(RangeError);
  });

  test.each(['close', 'refused'])('after the end (%s) it is as before, and what was not read comes again', async (how) => {
    const subscription = clientOf().subscribe('tech');
    await passed();
    for (let number = 0; number < 3; number += 1) {
      FakeSocket.latest?.message(String(number));
    }
    const texts: string[] = [];
    while (texts.length < 2) {
      const { value } = (await subscription.next()) as { value: SubscriptionEvent };
      if (value.type === 'message') {
        texts.push(value.message.id);
      }
    }
    const before = subscription.checkpoint();
    expect(before?.seen).toEqual(texts);
    if (how === 'close') {
      await subscription.close();
    } else {
      const errors = [{ errorType: 'ChannelBlocked', message: 'blocked' }];
      FakeSocket.latest?.give({ type: 'error', payload: { errors } });
      expect(subscription.state?.state).toBe('refused');
    }
    expect(subscription.checkpoint()).toMatchObject({ ...before, readUpToMs: {} });
    await subscription.close();
    expect(subscription.checkpoint()?.seen).toEqual(texts);
  });

  test('what a subscription gave is taken', async () => {
    const client = clientOf();
    const subscription = client.subscribe('tech');
    await passed();
    FakeSocket.latest?.message('1');
    const checkpoint = JSON.parse(JSON.stringify(subscription.checkpoint())) as never;
    expect(() => client.subscribe('tech', { checkpoint })).not.toThrow();
    await client.close();
  });
});
