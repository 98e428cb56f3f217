// @vitest-environment jsdom
/** The hook, with a client whose subscriptions the test plays. */

import { act, cleanup, renderHook } from '@testing-library/react';
import { createElement, type ReactNode, StrictMode } from 'react';
import { afterEach, expect, test } from 'vitest';

import type { Client, Message, SubscribeOptions, SubscriptionEvent } from '../src/index.js';
import { ClientProvider, useChannel } from '../src/react.js';
import { idAt } from '../src/ulid.js';

afterEach(cleanup);

function message(number: number): SubscriptionEvent {
  const fields = { id: idAt(number), name: 'tech', publishedAt: '', region: 'us', publisher: null };
  const event = { source: 'live', own: false, ageMs: 0 } as const;
  return { type: 'message', message: { ...fields, message: String(number) }, ...event };
}

/** Gives what the test puts, until the subscription is aborted. */
class FakeClient {
  opened: (SubscribeOptions & { channel: string })[] = [];
  open = 0;
  #wake: () => void = () => undefined;
  #events: (SubscriptionEvent | Error)[] = [];

  async *subscribe(channel: string, options: SubscribeOptions): AsyncGenerator<SubscriptionEvent> {
    this.opened.push({ channel, ...options });
    this.open += 1;
    options.signal?.addEventListener('abort', () => {
      this.open -= 1;
    });
    while (options.signal?.aborted === false) {
      const event = this.#events.shift();
      if (event instanceof Error) {
        throw event;
      } else if (event === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      } else {
        yield event;
      }
    }
  }

  publish(name: string, text: string): Promise<Message> {
    return Promise.resolve({ name, message: text } as Message);
  }

  async put(...events: (SubscriptionEvent | Error)[]): Promise<void> {
    await act(async () => {
      this.#events.push(...events);
      this.#wake();
      await new Promise((resolve) => setTimeout(resolve, 0));
    });
  }
}

function render(client: FakeClient, strict = false) {
  const wrapper = ({ children }: { readonly children: ReactNode }): ReactNode => {
    const provider = createElement(ClientProvider, { client: client as unknown as Client, children });
    return strict ? createElement(StrictMode, null, provider) : provider;
  };
  return renderHook(({ name }) => useChannel(name, { rewind: 20, keep: 3 }), {
    wrapper,
    initialProps: { name: 'tech' },
  });
}

test('messages in order of their ids, the newest kept, and the state', async () => {
  const client = new FakeClient();
  const { result } = render(client);
  expect(result.current).toMatchObject({ messages: [], state: null, error: null });
  const state = { type: 'state', state: 'live', region: 'us' } as SubscriptionEvent;
  await client.put(state, message(1), message(3), message(2), message(4));
  expect(result.current.messages.map((each) => each.message)).toEqual(['2', '3', '4']);
  expect(result.current.state).toBe(state);
  expect(client.opened).toMatchObject([{ channel: 'tech', rewind: 20 }]);
  await expect(result.current.publish('hello')).resolves.toMatchObject({ message: 'hello' });
});

test('another channel: the first subscription ends, and its messages are gone', async () => {
  const client = new FakeClient();
  const { rerender, result, unmount } = render(client);
  await client.put(message(1));
  rerender({ name: 'cars' });
  expect(result.current.messages).toEqual([]);
  expect(client.opened.map(({ channel }) => channel)).toEqual(['tech', 'cars']);
  expect(client.open).toBe(1);
  unmount();
  expect(client.open).toBe(0);
});

test('of another channel nothing is shown, not even at the first rendering; publish stays the same', async () => {
  const client = new FakeClient();
  const shown: string[] = [];
  const wrapper = ({ children }: { readonly children: ReactNode }): ReactNode =>
    createElement(ClientProvider, { client: client as unknown as Client, children });
  const use = ({ name }: { readonly name: string }) => {
    const used = useChannel(name);
    shown.push(`${name} ${used.messages.length}`);
    return used;
  };
  const { rerender, result } = renderHook(use, { wrapper, initialProps: { name: 'tech' } });
  const { publish } = result.current;
  await client.put(message(1));
  expect(result.current.publish).toBe(publish);
  rerender({ name: 'cars' });
  expect(shown).toContain('tech 1');
  expect(shown.filter((each) => each.startsWith('cars'))).not.toContain('cars 1');
  expect(result.current.publish).not.toBe(publish);
});

test('none is kept', async () => {
  const client = new FakeClient();
  const wrapper = ({ children }: { readonly children: ReactNode }): ReactNode =>
    createElement(ClientProvider, { client: client as unknown as Client, children });
  const { result } = renderHook(() => useChannel('tech', { keep: 0 }), { wrapper });
  await client.put(message(1));
  expect(result.current.messages).toEqual([]);
});

test('in strict mode one subscription stays open', () => {
  const client = new FakeClient();
  render(client, true);
  expect(client.open).toBe(1);
});

test('an error that ends the subscription is told', async () => {
  const client = new FakeClient();
  const { result } = render(client);
  await client.put(new Error('too slow'));
  expect(result.current.error?.message).toBe('too slow');
});

test('without a provider the hook says so', () => {
  expect(() => renderHook(() => useChannel('tech'))).toThrow('no ClientProvider');
});
