/** Who is in a channel, from answers and events in any order. */

import { describe, expect, test } from 'vitest';

import { type Listed, type PresenceEvent, Roster, SILENCE_MS } from '../src/roster.js';

function listed(user: string, connection: string, seq = 1, change: Partial<Listed> = {}): Listed {
  const enteredAt = `2026-11-28T12:00:0${connection.slice(-1)}.000Z`;
  return { user, connection, data: null, enteredAt, seq, region: 'us', ...change };
}

function event(action: 'ENTER' | 'UPDATE' | 'LEAVE', of: Listed): PresenceEvent {
  return { action, ...of };
}

const users = (roster: Roster): string[] => roster.members().map(({ user }) => user);

describe('a user with several connections', () => {
  test('is one member, in all regions, and leaves with the last', () => {
    const roster = new Roster();
    roster.apply(event('ENTER', listed('ana', 'c1', 1, { data: 'old' })), 0);
    roster.apply(event('ENTER', listed('ana', 'c2', 1, { region: 'eu', data: 'new' })), 0);
    expect(roster.members()).toMatchObject([
      { user: 'ana', data: 'new', connections: [{ connection: 'c1' }, { connection: 'c2', region: 'eu' }] },
    ]);
    roster.apply(event('LEAVE', listed('ana', 'c2', 2, { region: 'eu' })), 0);
    expect(roster.members()).toMatchObject([{ user: 'ana', data: 'old' }]);
    roster.apply(event('LEAVE', listed('ana', 'c1', 2)), 0);
    expect(users(roster)).toEqual([]);
  });

  test('whose connection is taken over by another user is gone', () => {
    const roster = new Roster();
    roster.apply(event('ENTER', listed('ana', 'c1')), 0);
    expect(roster.apply(event('ENTER', listed('ben', 'c1', 2)), 0)).toEqual(['ana', 'ben']);
    expect(users(roster)).toEqual(['ben']);
  });
});

describe('the higher seq wins', () => {
  const changes = [
    event('ENTER', listed('ana', 'c1', 1)),
    event('UPDATE', listed('ana', 'c1', 2, { data: 'b' })),
    event('LEAVE', listed('ana', 'c1', 3)),
    event('ENTER', listed('ana', 'c1', 4, { data: 'd' })),
  ];

  test('in every order, with every event twice', () => {
    for (const order of permutations(changes)) {
      const roster = new Roster();
      [...order, ...order].forEach((each) => roster.apply(each, 0));
      expect(roster.members()).toMatchObject([{ user: 'ana', data: 'd' }]);
    }
  });

  test('a late ENTER shows nobody who has left', () => {
    const roster = new Roster();
    roster.apply(event('LEAVE', listed('ana', 'c1', 2)), 0);
    expect(roster.apply(event('ENTER', listed('ana', 'c1', 1)), 0)).toEqual([]);
    expect(roster.read('us', [listed('ana', 'c1', 1)], 0)).toEqual([]);
  });

  test('an update keeps the time of entering', () => {
    const roster = new Roster();
    roster.apply(event('ENTER', listed('ana', 'c1')), 0);
    roster.apply(event('UPDATE', listed('ana', 'c1', 2, { enteredAt: '2027', data: 'x' })), 0);
    expect(roster.members()).toMatchObject([{ data: 'x', enteredAt: '2026-11-28T12:00:01.000Z' }]);
  });
});

describe('a reading', () => {
  test('replaces what the region had, and no other region', () => {
    const roster = new Roster();
    roster.apply(event('ENTER', listed('ana', 'c1')), 0);
    roster.apply(event('ENTER', listed('ben', 'c2', 1, { region: 'eu' })), 0);
    roster.reading('us');
    expect(roster.read('us', [listed('cleo', 'c3')], 0).sort()).toEqual(['ana', 'cleo']);
    expect(users(roster)).toEqual(['ben', 'cleo']);
  });

  test('does not undo what was told meanwhile', () => {
    const roster = new Roster();
    roster.apply(event('ENTER', listed('ana', 'c1', 1)), 0);
    roster.reading('us');
    roster.apply(event('LEAVE', listed('ana', 'c1', 2)), 0);
    roster.apply(event('ENTER', listed('ben', 'c2', 1)), 0);
    roster.apply(event('UPDATE', listed('cleo', 'c3', 5, { data: 'new' })), 0);
    roster.read('us', [listed('ana', 'c1', 1), listed('cleo', 'c3', 4, { data: 'old' })], 0);
    expect(roster.members()).toMatchObject([{ user: 'ben' }, { user: 'cleo', data: 'new' }]);
  });
});

describe('a region that is silent', () => {
  test('for 90 seconds loses its members, and has them back with its next answer', () => {
    const roster = new Roster();
    roster.read('us', [listed('ana', 'c1')], 0);
    roster.read('eu', [listed('ben', 'c2', 1, { region: 'eu' })], 50_000);
    expect(roster.silentAt).toBe(SILENCE_MS);
    expect(roster.silent(SILENCE_MS - 1)).toEqual([]);
    expect(roster.silent(SILENCE_MS)).toEqual(['ana']);
    expect(users(roster)).toEqual(['ben']);
    roster.read('us', [listed('ana', 'c1')], SILENCE_MS + 1);
    expect(users(roster)).toEqual(['ana', 'ben']);
  });

  test.each([{ action: 'COUNT', region: 'us' } as const, event('LEAVE', listed('ben', 'c9'))])(
    'an event is a sign of life: $action',
    (sign) => {
      const roster = new Roster();
      roster.read('us', [listed('ana', 'c1')], 0);
      roster.apply(sign, 60_000);
      expect(roster.silent(SILENCE_MS)).toEqual([]);
      expect(roster.silentAt).toBe(60_000 + SILENCE_MS);
    },
  );

  test('without members there is nothing to wait for', () => {
    expect(new Roster().silentAt).toBe(Infinity);
  });
});

function permutations<T>(all: readonly T[]): T[][] {
  if (all.length < 2) {
    return [[...all]];
  }
  return all.flatMap((first, place) => permutations(all.toSpliced(place, 1)).map((rest) => [first, ...rest]));
}
