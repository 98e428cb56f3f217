import { beforeEach, expect, it, vi } from 'vitest';
import { OREGON } from '../testing/fakes';
import { ApiError, execute } from './execute';

const fetched = vi.fn<typeof fetch>();
beforeEach(() => {
  fetched.mockReset();
  vi.stubGlobal('fetch', fetched);
});

const answer = (status: number, body: unknown): void => {
  fetched.mockResolvedValue(Response.json(body, { status }));
};

it('sends the key and the variables, and returns the data', async () => {
  answer(200, { data: { ok: true } });
  await expect(execute(OREGON, 'query Q { ok }', { a: 1 })).resolves.toEqual({ ok: true });
  const [url, request] = fetched.mock.calls[0] ?? [];
  expect(url).toBe(OREGON.graphqlUrl);
  expect(request?.headers).toMatchObject({ 'x-api-key': 'key-oregon' });
  expect(request?.body).toBe('{"query":"query Q { ok }","variables":{"a":1}}');
});

it.each([
  [200, { errorType: 'ChannelNotAllowed', message: 'no' }, 'ChannelNotAllowed', false],
  [200, { errorType: 'BusUnavailable', message: 'again' }, 'BusUnavailable', true],
  [200, { errorType: 'StoreUnavailable', message: 'again' }, 'StoreUnavailable', true],
  [200, { errorType: 'RegistryUnavailable', message: 'again' }, 'RegistryUnavailable', true],
  [200, { errorType: 'InvalidMessage', message: 'half' }, 'InvalidMessage', false],
  [429, { message: 'slow down' }, 'Throttled', true],
  [500, { message: 'oh' }, 'InternalFailure', true],
  [401, { errorType: 'UnauthorizedException', message: 'who?' }, 'UnauthorizedException', false],
])('HTTP %d with %j is %s', async (status, error, type, passing) => {
  answer(status, { data: null, errors: [error] });
  const failure = await execute(OREGON, 'query Q { ok }').catch((reason: unknown) => reason);
  expect(failure).toBeInstanceOf(ApiError);
  expect(failure).toMatchObject({ type, passing, message: error.message });
});

it('is Unreachable when nothing answers, or no JSON', async () => {
  fetched.mockRejectedValueOnce(new TypeError('refused'));
  await expect(execute(OREGON, 'q')).rejects.toMatchObject({ type: 'Unreachable', passing: true });
  fetched.mockResolvedValueOnce(new Response('<html>', { status: 502 }));
  await expect(execute(OREGON, 'q')).rejects.toMatchObject({ type: 'Unreachable' });
});
