/** What no scripted region does: a part of a client's connections fails, the others work. */

import { expect, test } from 'vitest';

import { Machine } from '../src/machine.js';
import { completeTuning } from '../src/options.js';
import type { Command, Input } from '../src/signals.js';

test('all channels leave a region in which a connection keeps failing', () => {
  const tuning = completeTuning({ subscriptionsPerConnection: 1, failoverAttempts: 2 });
  const machine = new Machine(['us', 'au'], tuning, () => 0, () => 1_795_000_000_000);
  const opened = (commands: readonly Command[]): { connection: number; region: number }[] =>
    commands.flatMap((each) => (each.type === 'open' ? [each] : []));
  const feed = (input: Input): Command[] => machine.handle(input, 0);
  const subscribe = (subscription: number): number => {
    const begin = { type: 'begin', subscription, channel: `c${subscription}`, beginning: {} } as const;
    return opened(feed(begin))[0]?.connection ?? 0;
  };
  const works = (connection: number): void => {
    const commands = feed({ type: 'received', connection, frame: { type: 'ack', timeoutMs: 300_000 } });
    for (const each of commands) {
      if (each.type === 'start') {
        feed({ type: 'received', connection, frame: { type: 'start-ack', id: each.id } });
      }
    }
  };
  const fails = (connection: number): Command[] => feed({ type: 'closed', connection, reason: 'refused' });
  const retried = (): { connection: number; region: number }[] =>
    opened(feed({ type: 'timer', name: 'retry' }));

  const sound = subscribe(1);
  works(sound);
  fails(subscribe(2));
  const [again] = retried();
  expect(again?.region).toBe(0);
  expect(fails(again?.connection ?? 0)).toContainEqual({ type: 'drop', connection: sound });
  expect(retried().map(({ region }) => region)).toEqual([1, 1]);
});

test('home is asked again, whatever keeps others on their way there', () => {
  const tuning = completeTuning({ failoverAttempts: 1 });
  const machine = new Machine(['us', 'au'], tuning, () => 0, () => 1_795_000_000_000);
  const feed = (input: Input): Command[] => machine.handle(input, 0);
  /** Answers all that is opened and started; the rest of the commands. */
  const works = (commands: readonly Command[]): Command[] =>
    commands.flatMap((each) => {
      if (each.type === 'open') {
        const { connection } = each;
        return works(feed({ type: 'received', connection, frame: { type: 'ack', timeoutMs: null } }));
      } else if (each.type === 'start') {
        const { connection, id } = each;
        return works(feed({ type: 'received', connection, frame: { type: 'start-ack', id } }));
      }
      return [each];
    });
  const begin = (subscription: number): Command[] =>
    feed({ type: 'begin', subscription, channel: 'tech', beginning: {} });
  const home = { type: 'set-timer', name: 'home', ms: 15_000 };
  const [first = 0] = begin(1).flatMap((each) => (each.type === 'open' ? [each.connection] : []));
  feed({ type: 'closed', connection: first, reason: 'down' });
  expect(works(feed({ type: 'timer', name: 'retry' }))).toContainEqual(home);
  expect(machine.region).toBe(1);
  // The first channel's connection to home is not acknowledged yet: that concerns no other channel.
  expect(feed({ type: 'timer', name: 'home' })).toMatchObject([{ type: 'open', region: 0 }, {}]);
  expect(works(begin(2))).toContainEqual(home);
  feed({ type: 'end', subscription: 1 });
  expect(feed({ type: 'timer', name: 'home' })).toMatchObject([{ type: 'open', region: 0 }, {}]);
});

test('who subscribes after refused credentials comes with others', () => {
  const machine = new Machine(['us'], completeTuning({}), () => 0, () => 1_795_000_000_000, true);
  const frame = { type: 'error', id: null, errorType: 'UnauthorizedException', message: 'no' } as const;
  const refused = (commands: readonly Command[]): string[] => {
    const [connection = 0] = commands.flatMap((each) => (each.type === 'open' ? [each.connection] : []));
    return machine.handle({ type: 'received', connection, frame }, 0).map(({ type }) => type);
  };
  for (const subscription of [1, 2]) {
    const first = refused(machine.handle({ type: 'begin', subscription, channel: 'tech', beginning: {} }, 0));
    const second = refused(machine.handle({ type: 'timer', name: 'retry' }, 0));
    expect([first, second].map((types) => types.includes('renew'))).toEqual([true, true]);
    expect([first, second].map((types) => types.includes('finish'))).toEqual([false, true]);
  }
});

test('home fails again before all channels are back: those on their way stay where they are', () => {
  const tuning = completeTuning({ subscriptionsPerConnection: 1, failoverAttempts: 1, settleMs: Infinity });
  const machine = new Machine(['us', 'au'], tuning, () => 0, () => 1_795_000_000_000);
  /** connections by number: their regions */
  const open = new Map<number, number>();
  const starts: { readonly connection: number; readonly id: string; readonly channel: string }[] = [];
  const feed = (input: Input): void => {
    const answers: Input[] = [];
    for (const each of machine.handle(input, 0)) {
      if (each.type === 'open') {
        open.set(each.connection, each.region);
        const { connection } = each;
        answers.push({ type: 'received', connection, frame: { type: 'ack', timeoutMs: null } });
      } else if (each.type === 'drop') {
        open.delete(each.connection);
      } else if (each.type === 'start') {
        starts.push(each);
      } else if (each.type === 'fetch') {
        answers.push({ type: 'pages', request: each.request, answers: each.pages.map(() => ({ items: [], nextToken: null })) });
      }
    }
    answers.forEach(feed);
  };
  const started = (of: (typeof starts)[number] | undefined): void => {
    feed({ type: 'received', connection: of?.connection ?? 0, frame: { type: 'start-ack', id: of?.id ?? '' } });
  };
  for (const subscription of [1, 2]) {
    feed({ type: 'begin', subscription, channel: `c${subscription}`, beginning: {} });
  }
  starts.splice(0).forEach(started);
  feed({ type: 'closed', connection: [...open.keys()][0] ?? 0, reason: 'down' });
  feed({ type: 'timer', name: 'retry' });
  starts.splice(0).forEach(started);
  expect([...open.values()]).toEqual([1, 1]);
  feed({ type: 'timer', name: 'home' });
  expect([...open.values()]).toEqual([1, 1, 0, 0]);
  const [first] = starts.splice(0);
  started(first);
  expect([...open.values()]).toEqual([1, 0, 0]);
  feed({ type: 'closed', connection: first?.connection ?? 0, reason: 'down again' });
  feed({ type: 'timer', name: 'retry' });
  expect(starts.map(({ channel }) => channel)).toEqual(['c1']);
  starts.splice(0).forEach(started);
  expect([...open.values()]).toEqual([1, 1]);
  feed({ type: 'end', subscription: 1 });
  feed({ type: 'end', subscription: 2 });
  expect([...open.values()]).toEqual([]);
});
