// @vitest-environment jsdom
/** The hook of presence, with a client in virtual time. */

import { act, cleanup, renderHook } from '@testing-library/react';
import { createElement, type ReactNode, StrictMode } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { Client } from '../src/index.js';
import { ClientProvider, usePresence } from '../src/react.js';
import { PresenceWorld } from './presenceWorld.js';

let world: PresenceWorld;
let client: Client;

beforeEach(() => {
  vi.useFakeTimers();
  world = new PresenceWorld();
  client = world.client({ keepAliveMs: Infinity });
});

afterEach(async () => {
  cleanup();
  await client.close();
  vi.useRealTimers();
});

async function pass(ms: number): Promise<void> {
  await act(() => vi.advanceTimersByTimeAsync(ms));
}

function render() {
  const wrapper = ({ children }: { readonly children: ReactNode }): ReactNode =>
    createElement(StrictMode, null, createElement(ClientProvider, { client, children }));
  return renderHook(({ data, name }) => usePresence(name, { data }), {
    wrapper,
    initialProps: { name: 'tech', data: 'here' },
  });
}

test('who is there, and what is shown of the user', async () => {
  world.put(world.member('ana', 'c1', 1, 'eu'));
  const { rerender, result, unmount } = render();
  expect(result.current.members).toEqual([]);
  await pass(10);
  expect(result.current.state?.state).toBe('live');
  expect(result.current.members).toMatchObject([{ user: 'ana' }, { user: 'anon:me', data: 'here' }]);
  rerender({ name: 'tech', data: 'away' });
  await pass(10);
  expect(result.current.members.at(1)?.data).toBe('away');
  world.tell('LEAVE', world.member('ana', 'c1', 2, 'eu'));
  await pass(10);
  expect(result.current.members).toHaveLength(1);
  unmount();
  await pass(10);
  expect(world.us.members.size).toBe(0);
});

test('another channel: the first one is left', async () => {
  const { rerender, result } = render();
  await pass(10);
  rerender({ name: 'cars', data: 'here' });
  expect(result.current.members).toEqual([]);
  await pass(10);
  expect([...world.us.members.keys()]).toHaveLength(1);
  expect([...world.us.members.keys()][0]).toMatch(/^cars /);
  expect(result.current.members).toHaveLength(1);
});

test('a refusal is the state', async () => {
  world.us.refusesWatchers = 'PresenceDisabled';
  const { result } = render();
  await pass(10);
  expect(result.current.state).toMatchObject({ state: 'refused', errorType: 'PresenceDisabled' });
  expect(result.current.error).toMatchObject({ name: 'RefusedError', errorType: 'PresenceDisabled' });
});

test('a client that is closed is an error, and not the end of the page', async () => {
  await client.close();
  const { result } = render();
  await pass(1);
  expect(result.current).toMatchObject({ members: [], state: null, error: { name: 'ClientError' } });
});

test('a channel with many members is counted', async () => {
  world.us.occupancy = { connections: 300, more: false };
  const { result } = render();
  await pass(10);
  world.tell('COUNT', { region: 'us' });
  await pass(10);
  expect(result.current.count).toEqual({ connections: 300, more: false });
});
