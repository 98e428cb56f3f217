/** A configuration by its URL: read, or a ConfigError, also where a server does not answer. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { Client, ConfigError } from '../src/index.js';
import type { Fetcher } from '../src/graphql.js';
import { region } from './fakeSocket.js';

const REGION = region('us-west-2');
const CONFIG = 'https://app.test/config.json';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function answer(response: Response): Fetcher {
  return () => Promise.resolve(response);
}

test('it is read', async () => {
  const client = await Client.fromConfig(CONFIG, { fetch: answer(Response.json({ regions: [REGION] })) });
  expect(client.regions).toEqual([REGION]);
  expect(vi.getTimerCount()).toBe(0);
});

test.each([
  ['a refusal', new Response('', { status: 403 }), `${CONFIG} answers 403`],
  ['half of a document', new Response('{"regions'), `${CONFIG} answers no JSON`],
  ['another document', Response.json([]), 'config.json has no list "regions"'],
])('%s is said', async (_, response, message) => {
  const client = Client.fromConfig(CONFIG, { fetch: answer(response) });
  await expect(client).rejects.toEqual(new ConfigError(message));
});

test('a server that does not answer is given up after 10 seconds', async () => {
  let signal: AbortSignal | null | undefined;
  const fetch: Fetcher = (_, request) => {
    signal = request?.signal;
    return new Promise(() => undefined);
  };
  let failure: unknown = null;
  void Client.fromConfig(CONFIG, { fetch }).catch((error: unknown) => (failure = error));
  await vi.advanceTimersByTimeAsync(9_999);
  expect(failure).toBeNull();
  await vi.advanceTimersByTimeAsync(1);
  expect(failure).toEqual(new ConfigError(`${CONFIG} cannot be reached`));
  expect(signal?.aborted).toBe(true);
});
