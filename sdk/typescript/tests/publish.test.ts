/** Which answers `publish` takes for success; without sockets. */

import { expect, test } from 'vitest';

import { Client, type Message } from '../src/index.js';
import { timeOf } from '../src/ulid.js';
import { region } from './fakeSocket.js';

const ENDPOINT = region('us');
const ID = '01KB4YXW0G8Q2M7R3T5V9XZABC';
const ANSWER = {
  id: ID,
  name: 'tech',
  message: 'hello',
  publishedAt: '2026-11-23T10:15:00.123Z',
  region: 'us',
  publisher: null,
};

function publishTo(answered: unknown, text = 'hello'): Promise<Message> {
  const answer = (): Promise<Response> =>
    Promise.resolve(Response.json({ data: { publish: answered } }));
  const client = new Client([ENDPOINT], { fetch: answer });
  return client.publish('tech', text, { id: ID, attempts: 1, rounds: 1 });
}

test('the answer is the message that was sent', async () => {
  await expect(publishTo(ANSWER)).resolves.toEqual(ANSWER);
});

const fields = Object.keys(ANSWER).filter((field) => field !== 'publisher');

test.each([
  null,
  [],
  {},
  { ...ANSWER, id: '01KB4YXW0G8Q2M7R3T5V9XZABD' },
  { ...ANSWER, name: 'cars' },
  { ...ANSWER, message: 'hallo' },
  ...fields.map((field) => ({ ...ANSWER, [field]: undefined })),
  ...fields.map((field) => ({ ...ANSWER, [field]: null })),
])('another answer is no success: %o', async (answered) => {
  await expect(publishTo(answered)).rejects.toMatchObject({ name: 'PublishFailedError', id: ID });
});

test.each(['\ud800', 'a\udbffb', '\udc00', 'x\udfff', '\udc00\ud800', '👋\ud83d'])(
  'half a surrogate pair is refused for good: %j',
  async (text) => {
    const refused = publishTo({ ...ANSWER, message: text }, text);
    const errorType = 'InvalidMessage';
    await expect(refused).rejects.toMatchObject({ name: 'RefusedError', errorType });
  },
);

test.each(['\0', '\ufffe', '\uffff', '👋', '\u{10ffff}', '\ue000', '\ufeff'])(
  'every whole character is sent: %j',
  async (text) => {
    await expect(publishTo({ ...ANSWER, message: text }, text)).resolves.toMatchObject({
      message: text,
    });
  },
);

const SERVER_MS = 1_795_000_000_000;

/** What was sent to an API whose clock says SERVER_MS, and what came of it. */
async function publishByClock(
  wall: number,
  options: { readonly id?: string; readonly busyFirst?: boolean } = {},
): Promise<{ readonly ids: string[]; readonly outcome: Message | Error }> {
  const ids: string[] = [];
  const answer = (_: unknown, request?: RequestInit): Promise<Response> => {
    const { variables } = JSON.parse(request?.body as string) as { variables: { id: string } };
    ids.push(variables.id);
    const busy = options.busyFirst === true && ids.length === 1;
    const refusal = busy
      ? { errorType: 'StoreUnavailable', message: 'again' }
      : { errorType: 'InvalidMessageId', message: 'new', errorInfo: { now: SERVER_MS } };
    const good = timeOf(variables.id) === SERVER_MS;
    const body = good ? { data: { publish: { ...ANSWER, ...variables } } } : { errors: [refusal] };
    return Promise.resolve(Response.json(body));
  };
  const once = { id: options.id, attempts: 2, rounds: 1, backoffBaseMs: 0 };
  const client = new Client([ENDPOINT], { fetch: answer, wall: () => wall });
  const published = client.publish('tech', 'hello', once);
  const outcome = await published.catch((error: unknown) => error as Error);
  return { ids, outcome };
}

test.each([0, SERVER_MS - 90_000_000, 4e12, 2 ** 48 - 1])(
  'a wrong clock is no obstacle: %d',
  async (wall) => {
    const { ids, outcome } = await publishByClock(wall);
    expect(ids).toHaveLength(2);
    expect(outcome).toMatchObject({ id: ids[1] });
  },
);

test.each([{ id: ID }, { busyFirst: true }])(
  'an id is not replaced if it is the publisher’s, or a region may have it: %o',
  async (options) => {
    const { ids, outcome } = await publishByClock(4e12, options);
    expect(new Set(ids).size).toBe(1);
    expect(outcome).toMatchObject({ name: 'RefusedError', errorType: 'InvalidMessageId' });
  },
);
