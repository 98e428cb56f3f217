/** Which answers `publish` takes for success; without sockets. */

import { expect, test } from 'vitest';

import { type Message, publish } from '../src/index.js';

const ENDPOINT = {
  region: 'us',
  graphqlUrl: 'https://api.test/graphql',
  realtimeUrl: 'wss://api.test/graphql',
  apiKey: 'da2-x',
};
const ID = '01KB4YXW0G8Q2M7R3T5V9XZABC';
const ANSWER = {
  id: ID,
  name: 'tech',
  message: 'hello',
  publishedAt: '2026-11-23T10:15:00.123Z',
  region: 'us',
};

function publishTo(answered: unknown, text = 'hello'): Promise<Message> {
  const once = { regions: [ENDPOINT], id: ID, attempts: 1, rounds: 1 };
  const answer = (): Promise<Response> =>
    Promise.resolve(Response.json({ data: { publish: answered } }));
  return publish('tech', text, { ...once, fetch: answer });
}

test('the answer is the message that was sent', async () => {
  await expect(publishTo(ANSWER)).resolves.toEqual(ANSWER);
});

const fields = Object.keys(ANSWER);

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
    await expect(refused).rejects.toMatchObject({ name: 'PublishRefusedError', errorType });
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
