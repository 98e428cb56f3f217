/** What the scenarios do not show: single rules of the machine's parts. */

import { describe, expect, test } from 'vitest';

import { CatchUp } from '../src/catchup.js';
import { Core } from '../src/core.js';
import { Deadlines } from '../src/deadlines.js';
import { Client } from '../src/index.js';
import { Machine } from '../src/machine.js';
import { checkBeginning, completeTuning } from '../src/options.js';
import { ResumePosition } from '../src/position.js';
import { decode, subprotocols } from '../src/protocol.js';
import { EventQueue } from '../src/queue.js';
import { Retry } from '../src/retry.js';
import { SeenIds } from '../src/seen.js';
import type { Input } from '../src/signals.js';
import type { Message, StateEvent } from '../src/types.js';
import { idAt, idBefore, isUlid, newUlid, timeOf } from '../src/ulid.js';

const NOW = 1_795_000_000_000;

function message(offsetMs: number): Message {
  const publishedAt = new Date(NOW + offsetMs).toISOString();
  return { id: idAt(NOW + offsetMs), name: 'tech', message: 'text', publishedAt, region: 'us', publisher: null };
}

test('ULIDs', () => {
  const id = newUlid(NOW, Math.random);
  expect(isUlid(id)).toBe(true);
  expect(timeOf(id)).toBe(NOW);
  expect(idBefore(id) < id).toBe(true);
  expect(() => timeOf('8'.padEnd(26, '0'))).toThrow(RangeError);
});

test.each([
  ['{"type":"connection_ack","payload":{"connectionTimeoutMs":5}}', { type: 'ack', timeoutMs: 5 }],
  ['{"type":"connection_ack"}', { type: 'ack', timeoutMs: null }],
  ['{"type":"ka"}', { type: 'ka' }],
  ['{"type":"complete","id":"1"}', { type: 'complete', id: '1' }],
  ['{"type":"complete"}', { type: 'ka' }],
  ['{"type":"start_ack","id":"7"}', { type: 'start-ack', id: '7' }],
  ['{"type":"data","id":"1","payload":{"data":null}}', { type: 'data', id: '1', message: null }],
  [
    '{"type":"error","id":"1","payload":{"errors":{"errorType":"E","message":"m"}}}',
    { type: 'error', id: '1', errorType: 'E', message: 'm' },
  ],
  [
    '{"type":"error","payload":{"errors":[{"errorType":"E"}]}}',
    { type: 'error', id: null, errorType: 'E', message: 'E' },
  ],
  ['nonsense', null],
  ['[', null],
])('frame %s', (text, frame) => {
  expect(decode(text)).toEqual(frame);
});

test('the key travels in the subprotocol', () => {
  const [name, header] = subprotocols({ host: 'h:1', 'x-api-key': 'k>?ü' });
  expect(name).toBe('graphql-ws');
  expect(header).toMatch(/^header-[\w-]+$/);
});

test('seen ids forget what was delivered first, whatever its id', () => {
  const future = '7ZZZZZZZZZ0000000000000000';
  const seen = new SeenIds(2);
  expect(seen.add(future, NOW)).toBe(true);
  const times = [NOW + 9, NOW + 7];
  expect(times.map((ms) => seen.add(idAt(ms), ms))).toEqual([true, true]);
  expect(seen.evicted).toBe(idAt(NOW));
  expect(times.map((ms) => seen.add(idAt(ms), ms))).toEqual([false, false]);
  expect(seen.without(new Set([idAt(NOW + 9)]))).toEqual([idAt(NOW + 7)]);
});

test('seen ids are forgotten many at a time, and never more than down to the limit', () => {
  const seen = new SeenIds(32);
  const ids = Array.from({ length: 35 }, (_, place) => idAt(NOW + place));
  ids.slice(0, 34).forEach((id, place) => seen.add(id, NOW + place));
  expect(seen.without(new Set())).toEqual(ids.slice(0, 34));
  seen.add(idAt(NOW + 34), NOW + 34);
  expect(seen.without(new Set())).toEqual(ids.slice(3));
  expect(seen.evicted).toBe(ids[2]);
});

test('a connection lost with undelivered messages: read up to the oldest of them', () => {
  const catchUp = new CatchUp(1);
  expect(catchUp.readUpTo()).toBeUndefined();
  catchUp.page([], null, []);
  expect(catchUp.readUpTo()).toBeNull();
  catchUp.hold(message(9000));
  catchUp.hold(message(5000));
  expect(catchUp.readUpTo()).toBe(NOW + 5000);
  expect(catchUp.nextPage()).toEqual({
    after: idAt(NOW + 4999),
    nextToken: null,
    most: Infinity,
  });
  expect(catchUp.readUpTo()).toBe(NOW + 4999);
});

test.each([-600_000, 0])('no fast region moves a resume ahead, the client is off by %d', (ahead) => {
  const position = new ResumePosition(completeTuning({}), {}, () => NOW + ahead);
  position.begin();
  position.accept(message(0));
  position.accept(message(420_000));
  position.hasRead('us', null);
  const { after } = position.resume('us');
  expect(timeOf(after)).toBeLessThan(NOW);
  expect(timeOf(after)).toBeGreaterThanOrEqual(NOW + ahead - completeTuning({}).overlapMs);
});

const HIGHEST = `7${'Z'.repeat(25)}`;

test.each([
  { floor: HIGHEST },
  { evicted: HIGHEST },
  { seen: ['0', '1', '2', '3', '4', '5', '6'].map((digit) => HIGHEST.slice(0, 25) + digit) },
  { positionMs: 2 ** 48 - 1 },
  { readUpToMs: { us: 2 ** 48 - 1 } },
])('a checkpoint does not carry a future on: %o', (poison) => {
  const good = { floor: idAt(NOW - 60_000), evicted: idAt(0), positionMs: NOW, readUpToMs: { us: NOW }, seen: [] };
  const checkpoint = { ...good, ...poison };
  const position = new ResumePosition(completeTuning({ seenLimit: 5 }), { checkpoint }, () => NOW);
  const next = message(1000);
  expect(position.resume('us').after < next.id).toBe(true);
  expect(position.wanted([next])).toEqual([next]);
  expect([position.accept(next), position.accept(next)]).toEqual([true, false]);
});

describe('retry', () => {
  test('full jitter grows to the cap and starts again after a stable connection', () => {
    const options = completeTuning({ failoverAttempts: 100, failoverMs: 1e9 });
    const retry = new Retry(options, 1, () => 1);
    const delays = Array.from({ length: 8 }, () => retry.lost(0, 0, null).delayMs);
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    retry.live();
    expect(retry.lost(0, 5000, 1).delayMs).toBe(30_000);
    expect(retry.lost(0, 10_000, 0)).toEqual({ region: 0, delayMs: 500, number: 1 });
  });

  test('fails over after a time, too', () => {
    const retry = new Retry(completeTuning({ failoverAttempts: 100 }), 2, () => 0);
    const regions = [0, 14_999, 15_000].map((now) => retry.lost(0, now, null).region);
    expect(regions).toEqual([0, 0, 1]);
  });
});

test('silence is measured from the last frame', () => {
  const machine = new Machine(['us'], completeTuning({}), () => 0, () => NOW);
  machine.handle({ type: 'begin', subscription: 1, channel: 'tech', beginning: {} }, 0);
  machine.handle({ type: 'received', connection: 1, frame: { type: 'ack', timeoutMs: null } }, 10);
  machine.handle({ type: 'received', connection: 1, frame: { type: 'start-ack', id: '2' } }, 20);
  machine.handle({ type: 'received', connection: 1, frame: { type: 'ka' } }, 60_000);
  const again = machine.handle({ type: 'timer', name: 'silence:1' }, 78_010);
  expect(again).toEqual([{ type: 'set-timer', name: 'silence:1', ms: 59_990 }]);
  const lost = machine.handle({ type: 'timer', name: 'silence:1' }, 138_000);
  expect(lost).toContainEqual({ type: 'drop', connection: 1 });
});

test('a page that failed beside those of others is asked for alone', () => {
  const tuning = completeTuning({ historyBatch: 2 });
  const machine = new Machine(['us'], tuning, () => 0, () => NOW);
  const pagesOf = (input: Input): string[][] =>
    machine.handle(input, 0).flatMap((each) => (each.type === 'fetch' ? [each.pages.map(({ channel }) => channel)] : []));
  for (const [place, channel] of ['a', 'b', 'c', 'd'].entries()) {
    machine.handle({ type: 'begin', subscription: place + 1, channel, beginning: { replayMs: 1000 } }, 0);
  }
  const ack = (id: string): string[][] =>
    pagesOf({ type: 'received', connection: 1, frame: { type: 'start-ack', id } });
  machine.handle({ type: 'received', connection: 1, frame: { type: 'ack', timeoutMs: null } }, 0);
  expect(['2', '3', '4', '5'].map(ack)).toEqual([[['a']], [], [['b', 'c']], []]);
  const request = 7; // connection 1, its four subscriptions, the request for a
  expect(pagesOf({ type: 'pages', request, answers: [null, null] })).toEqual([['d'], ['b']]);
});

describe('deadlines', () => {
  const make = (ms: number): { core: Core; dropped: Set<string>; deadlines: Deadlines<string> } => {
    const dropped = new Set<string>();
    const core = new Core(['us'], completeTuning({}), () => 0, () => NOW);
    return { core, dropped, deadlines: new Deadlines(core, 'due', ms, (item: string) => !dropped.has(item)) };
  };

  test('one timer for all, set again for what is not due yet', () => {
    const { core, dropped, deadlines } = make(100);
    for (const [now, item] of [[0, 'a'], [10, 'b'], [40, 'c'], [90, 'd']] as const) {
      core.now = now;
      deadlines.add(item);
    }
    expect(core.commands).toEqual([{ type: 'set-timer', name: 'due', ms: 100 }]);
    dropped.add('b');
    core.now = 100;
    expect(deadlines.fire()).toEqual(['a']);
    expect(core.commands.at(-1)).toEqual({ type: 'set-timer', name: 'due', ms: 40 });
    core.now = 140;
    expect(deadlines.fire(50)).toEqual(['c', 'd']);
    expect(core.commands).toHaveLength(2);
    deadlines.clear();
    expect(core.commands).toHaveLength(2);
  });

  test('never is never, and at the end nothing is left', () => {
    const never = make(Infinity);
    never.deadlines.add('a');
    expect(never.core.commands).toEqual([]);
    const { core, deadlines } = make(100);
    deadlines.add('a');
    deadlines.clear();
    expect(core.commands.at(-1)).toEqual({ type: 'cancel-timer', name: 'due' });
    expect(deadlines.fire()).toEqual([]);
  });
});

test.each([
  { after: 'x' },
  { after: idAt(1), replayMs: 1 },
  { rewind: -1 },
  { rewind: 1.5 },
  { rewind: 1001 },
  { rewind: 1, replayMs: 1 },
])('beginnings that cannot be: %o', (beginning) => {
  expect(() => checkBeginning(beginning)).toThrow(RangeError);
});

test.each([
  { pageLimit: 201 },
  { subscriptionsPerConnection: 0 },
  { pageLimit: 2, bufferLimit: 1 },
  { holdLimit: 0 },
])('options that cannot work: %o', (options) => {
  expect(() => completeTuning(options)).toThrow(RangeError);
});

test('a client needs a region', () => {
  expect(() => new Client([])).toThrow(RangeError);
});

test('unread states are bounded and messages never dropped', async () => {
  const taken: Message[] = [];
  const queue = new EventQueue(7, { taken: (key, each) => taken.push({ ...each, message: `${key}` }) });
  queue.put({ type: 'message', message: message(0), source: 'live', own: false, ageMs: 0 });
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const plain = { gap: false, errorType: null, reason: null } as const;
    queue.put({ type: 'state', state: 'connecting', region: 'us', attempt, ...plain });
  }
  queue.finish(null);
  expect(taken).toEqual([]);
  expect(await queue.next()).toMatchObject({ value: { type: 'message' } });
  expect(taken).toEqual([{ ...message(0), message: '7' }]);
  const attempts: number[] = [];
  for (let event = await queue.next(); event.done !== true; event = await queue.next()) {
    attempts.push((event.value as StateEvent).attempt);
  }
  expect(attempts).toEqual(Array.from({ length: 64 }, (_, i) => 36 + i));
});
