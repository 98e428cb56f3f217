/** The npm package, installed in an empty folder: ES modules, CommonJS, and declarations. */

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { FakeServers } from './servers.js';

const require = createRequire(import.meta.url);
const SDK = new URL('..', import.meta.url).pathname;
const SESSION = `
const client = new Client(JSON.parse(process.argv[2]), {
  WebSocket, backoffBaseMs: 20, backoffCapMs: 50, failoverMs: 500,
});
(async () => {
  console.log('published', (await client.publish('tech', 'hello')).message);
  console.log('stored', (await client.history('tech', { last: 1 })).messages[0].message);
  for await (const event of client.subscribe('tech', { rewind: 1 })) {
    console.log(event.type === 'message' ? event.message.message : event.state + ' ' + event.region);
    if (event.type === 'message' && event.message.message === 'last') break;
  }
  await client.close();
  console.log('closed');
})();
`;
const PROGRAMS = {
  'session.mjs': `import { Client } from '@globalws/client';\nimport { WebSocket } from 'ws';\n${SESSION}`,
  'session.cjs': `const { Client } = require('@globalws/client');\nconst { WebSocket } = require('ws');\n${SESSION}`,
};
const TYPED = `
import { Client, token, type Message } from '@globalws/client';
const client = new Client([{ region: 'r', graphqlUrl: 'http://h', realtimeUrl: 'ws://h' }], { auth: token(() => 't') });
export const published: Promise<Message> = client.publish('a', 'b');
// @ts-expect-error a channel's name is a text
client.subscribe(1);
`;

const fake = new FakeServers();
let folder = '';

beforeAll(async () => {
  await fake.begin();
  folder = mkdtempSync(join(tmpdir(), 'globalws-npm-'));
  const pack = ['pack', '--pack-destination', folder, '--silent'];
  const name = execFileSync('npm', pack, { cwd: SDK, encoding: 'utf8' }).trim().split('\n').at(-1);
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const ws = join(require.resolve('ws/package.json'), '..');
  const flags = ['--offline', '--no-audit', '--no-fund', '--silent'];
  execFileSync('npm', ['install', ...flags, join(folder, name ?? ''), ws], { cwd: folder });
  for (const [file, text] of Object.entries({ ...PROGRAMS, 'a.mts': TYPED, 'b.cts': TYPED })) {
    writeFileSync(join(folder, file), text);
  }
}, 120_000);

beforeEach(() => fake.reset());

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await fake.end();
});

test.each(Object.keys(PROGRAMS))('%s publishes, reads history, subscribes and fails over', async (file) => {
  fake.world.apply({ publish: 'first', regions: ['us', 'au'] });
  const node = process.env['GLOBALWS_NODE'] ?? process.execPath;
  const child = spawn(node, [file, JSON.stringify(fake.endpoints)], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line === 'live us') {
      fake.world.apply({ down: 'us' });
    } else if (line === 'failed-over au') {
      fake.world.apply({ publish: 'last', regions: ['au'] });
    }
  }
  const once = lines.filter((line, place) => line !== lines[place - 1]);
  expect(once.filter((line) => !line.startsWith('resuming'))).toEqual([
    'published hello',
    'stored first',
    'connecting us',
    'first',
    'live us',
    'failed-over au',
    'last',
    'closed',
  ]);
});

test('its declarations suit applications in ES modules and in CommonJS', () => {
  const flags = ['--noEmit', '--strict', '--erasableSyntaxOnly', '--exactOptionalPropertyTypes'];
  const modules = ['--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022,dom'];
  const compiler = require.resolve('typescript/bin/tsc');
  const all = [compiler, ...flags, ...modules, 'a.mts', 'b.cts'];
  expect(execFileSync(process.execPath, all, { cwd: folder, encoding: 'utf8' })).toBe('');
}, 60_000);
