/** The driver with sockets that are none: callers at once, and times of any length. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import {
  type Beginning,
  Client,
  type ClientOptions,
  DEFAULTS,
  type SubscriptionEvent,
} from '../src/index.js';
import { EventQueue } from '../src/queue.js';
import { later } from '../src/timers.js';
import type { MessageEvent } from '../src/types.js';
import { idAt } from '../src/ulid.js';
import { FakeSocket, NOW, region } from './fakeSocket.js';

const DAY = 86_400_000;
const LONG = [2 ** 31 - 1, 2 ** 31, 2 ** 32, 60 * DAY, Number.MAX_SAFE_INTEGER, Infinity];

beforeEach(() => {
  FakeSocket.forget();
  vi.useFakeTimers({ now: NOW });
});

afterEach(() => {
  vi.useRealTimers();
});

/** An API that never answers. */
const mute = (): Promise<Response> => new Promise(() => undefined);

function start(regions: readonly string[], options: ClientOptions & Beginning = {}) {
  const { after, checkpoint, replayMs, rewind, ...rest } = options;
  const client = new Client(regions.map(region), { fetch: mute, ...rest, WebSocket: FakeSocket });
  return client.subscribe('tech', { after, checkpoint, replayMs, rewind });
}

function textOf(result: IteratorResult<SubscriptionEvent>): string {
  if (result.done === true) {
    return 'end';
  }
  return result.value.type === 'message' ? result.value.message.message : result.value.state;
}

describe('next', () => {
  test.each([0, 1, 2, 3, 5])('three calls at once and %d messages: in order, then the end', async (count) => {
    const subscription = start(['up']);
    expect(textOf(await subscription.next())).toBe('connecting');
    expect(textOf(await subscription.next())).toBe('live');
    const calls = [1, 2, 3].map(async () => textOf(await subscription.next()));
    for (let number = 0; number < count; number += 1) {
      FakeSocket.latest?.message(String(number));
    }
    await vi.advanceTimersByTimeAsync(0);
    void subscription.close();
    const texts = ['0', '1', '2'].map((text, place) => (place < count ? text : 'end'));
    await expect(Promise.all(calls)).resolves.toEqual(texts);
    expect(textOf(await subscription.next())).toBe('end');
  });

  test('calls before and after what they wait for get it in the order of the calls', async () => {
    const queue = new EventQueue(1, { taken: () => undefined });
    const event = (text: string): MessageEvent => {
      const fields = { id: idAt(NOW), name: 'tech', publishedAt: '', region: 'us', publisher: null };
      const message = { ...fields, message: text };
      return { type: 'message', message, source: 'live', own: false, ageMs: 0 };
    };
    const got: string[] = [];
    const take = async (): Promise<void> => {
      got.push(textOf(await queue.next()));
    };
    const calls = [take(), take()];
    queue.put(event('0'));
    calls.push(take());
    queue.put(event('1'));
    queue.put(event('2'));
    calls.push(take(), take());
    queue.finish(null);
    await Promise.all(calls);
    expect(got).toEqual(['0', '1', '2', 'end', 'end']);
  });

  test('the error that ends it is thrown once, and the other calls end', async () => {
    const queue = new EventQueue(1, { taken: () => undefined });
    const calls = [queue.next(), queue.next()].map((call) => call.catch((error: unknown) => error));
    const failure = new Error('too slow');
    queue.finish(failure);
    await expect(Promise.all(calls)).resolves.toEqual([failure, { done: true, value: undefined }]);
  });
});

test('a connection that cannot be made is noticed at once, although no close follows', async () => {
  const subscription = start(['none', 'up'], { failoverAttempts: 1 });
  await vi.advanceTimersByTimeAsync(500);
  expect(FakeSocket.opened).toEqual(['none', 'up']);
  await subscription.close();
});

test('close waits a second for a server that does not answer', async () => {
  const subscription = start(['up']);
  expect([await subscription.next(), await subscription.next()].map(textOf)).toEqual(['connecting', 'live']);
  const socket = FakeSocket.latest;
  if (socket !== null) {
    socket.close = () => undefined;
  }
  let isClosed = false;
  const closing = subscription.close().then(() => (isClosed = true));
  await vi.advanceTimersByTimeAsync(999);
  expect(isClosed).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await closing;
});

test('close ends although no close follows', async () => {
  const subscription = start(['mute']);
  expect(textOf(await subscription.next())).toBe('connecting');
  await vi.advanceTimersByTimeAsync(1);
  expect(FakeSocket.opened).toEqual(['mute']);
  await subscription.close();
});

describe('times', () => {
  test.each([0, 1, 1000, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 60 * DAY, 2 ** 33 + 5])(
    'a timer fires after %d ms, and not before',
    async (ms) => {
      const act = vi.fn();
      later(ms, act);
      await vi.advanceTimersByTimeAsync(Math.max(ms - 1, 0));
      expect(act).toHaveBeenCalledTimes(ms === 0 ? 1 : 0);
      await vi.advanceTimersByTimeAsync(1);
      expect(act).toHaveBeenCalledTimes(1);
      await vi.advanceTimersByTimeAsync(ms);
      expect(act).toHaveBeenCalledTimes(1);
    },
  );

  test('a timer for Infinity never fires, and any can be called off', async () => {
    const act = vi.fn();
    later(Infinity, act);
    expect(vi.getTimerCount()).toBe(0);
    const cancel = later(2 ** 32, act);
    await vi.advanceTimersByTimeAsync(2 ** 31 + 5);
    cancel();
    await vi.advanceTimersByTimeAsync(2 ** 33);
    expect(act).not.toHaveBeenCalled();
  });

  const times = Object.keys(DEFAULTS).filter((name) => name.endsWith('Ms'));

  test.each(times.flatMap((name) => LONG.map((ms) => [name, ms] as const)))(
    '%s: %d makes no storm of connections',
    async (name, ms) => {
      const options = { [name]: ms, failoverAttempts: 1, random: () => 0.5 };
      const subscription = start(['down', 'up'], options);
      await vi.advanceTimersByTimeAsync(10_000);
      // Home is tried once, then the other region; from there home every 30 s, or as asked.
      expect(FakeSocket.opened.length).toBeLessThanOrEqual(2);
      void subscription.close();
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  test.each(LONG)('connectTimeoutMs: %d waits for a mute server', async (connectTimeoutMs) => {
    const subscription = start(['mute'], { connectTimeoutMs });
    await vi.advanceTimersByTimeAsync(20 * DAY);
    expect(FakeSocket.opened).toEqual(['mute']);
    void subscription.close();
  });

  test.each(LONG)('timeoutMs: %d does not abandon a request', async (timeoutMs) => {
    const fetcher = vi.fn((_: unknown, request?: RequestInit) => {
      expect(request?.signal?.aborted).toBe(false);
      return new Promise<Response>((_resolve, reject) => {
        request?.signal?.addEventListener('abort', () => reject(new Error('abandoned')));
      });
    });
    const client = new Client([region('up')], { fetch: fetcher });
    void client.publish('tech', 'hello', { timeoutMs }).catch(() => 0);
    await vi.advanceTimersByTimeAsync(20 * DAY);
    expect(fetcher).toHaveBeenCalledTimes(1);
  });

  test.each([...times, 'silenceFactor'].flatMap((name) => [NaN, -1, -Infinity, '5', null].map((bad) => [name, bad] as const)))(
    '%s: %s is refused',
    (name, bad) => {
      if (bad === null) {
        // As left out.
        void start(['mute'], { [name]: undefined }).close();
      } else {
        expect(() => start(['mute'], { [name]: bad })).toThrow(`${name} must be a number`);
      }
    },
  );

  test.each(['timeoutMs', 'backoffBaseMs', 'backoffCapMs', 'attempts', 'rounds'])(
    'publish: %s that is no number is refused',
    async (name) => {
      const published = new Client([region('up')]).publish('tech', 'hello', { [name]: NaN });
      await expect(published).rejects.toThrow(`${name} must be a number`);
    },
  );

  test.each([NaN, -1])('replayMs: %d is refused', (replayMs) => {
    expect(() => start(['mute'], { replayMs })).toThrow('replayMs must be a number');
  });

  test.each([Infinity, 1e15])('replayMs: %d begins with all that is stored', async (replayMs) => {
    const fetcher = vi.fn<typeof fetch>();
    fetcher.mockImplementation(() => Promise.resolve(Response.json({ data: { h0: { items: [], nextToken: null } } })));
    const subscription = start(['up'], { replayMs, fetch: fetcher });
    await vi.advanceTimersByTimeAsync(10);
    const body = JSON.parse(fetcher.mock.calls[0]?.[1]?.body as string) as { variables: object };
    expect(body.variables).toMatchObject({ a0: idAt(0) });
    expect(JSON.parse(JSON.stringify(subscription.checkpoint()))).toMatchObject({ positionMs: 0 });
    void subscription.close();
  });
});
