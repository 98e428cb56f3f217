/** Signatures, checked by computing them a second time from what was shown. */

import { createHash, createHmac } from 'node:crypto';

import { expect, test } from 'vitest';

import { iam } from '../src/iam.js';

const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'session' };
const ENDPOINT = {
  region: 'us-west-2',
  graphqlUrl: 'https://api.test/graphql',
  realtimeUrl: 'wss://api.test/graphql/realtime',
};

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

test.each([
  ['/graphql/connect', '{}'],
  ['/graphql', '{"query":"{ __typename }"}'],
])('a POST to %s is signed by Signature Version 4', async (path, body) => {
  const url = `https://api.test${path}`;
  const headers = await iam(() => Promise.resolve(KEYS)).headers({ endpoint: ENDPOINT, url, body });
  const date = headers['x-amz-date'] ?? '';
  const scope = `${date.slice(0, 8)}/us-west-2/appsync/aws4_request`;
  const names = 'host;x-amz-date;x-amz-security-token';
  const canonical = `host:api.test\nx-amz-date:${date}\nx-amz-security-token:session\n`;
  const request = `POST\n${path}\n\n${canonical}\n${names}\n${sha256(body)}`;
  const text = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha256(request)}`;
  const key = ['us-west-2', 'appsync', 'aws4_request'].reduce(
    hmac,
    hmac('AWS4secret', date.slice(0, 8)),
  );
  const signature = hmac(key, text).toString('hex');
  expect(headers['Authorization']).toBe(
    `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  );
  expect(headers['x-amz-security-token']).toBe('session');
});
