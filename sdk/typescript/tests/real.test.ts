/** The shared scenarios with the real driver, against the scripted servers of the Python tests. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';

import {
  BufferOverflowError,
  type Checkpoint,
  nearestFirst,
  publish,
  type RegionEndpoint,
  subscribe,
  type Subscription,
} from '../src/index.js';
import { label, loadScenarios, Log, optionsOf, REGIONS, type Scenario } from './scenarios.js';
import { type Json, World } from './world.js';

const ROOT = new URL('../../../', import.meta.url).pathname;
const PATIENCE_MS = 15_000;

interface Status {
  readonly connected: string[];
  readonly historyCalls: number;
  readonly ids: Record<string, string>;
  readonly published: { readonly id: string }[];
}

/** The scripted servers, in a process of their own. */
class FakeServers {
  endpoints: RegionEndpoint[] = [];
  #process: ChildProcess | null = null;

  async begin(): Promise<void> {
    const python = process.env['PYTHON'] ?? `${ROOT}.venv/bin/python`;
    const module = 'tests.integration.sdk.subscriber_fake_appsync';
    const child = spawn(python, ['-m', module], { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#process = child;
    const lines = createInterface({ input: child.stdout });
    const [line] = await new Promise<[string]>((resolve, reject) => {
      lines.once('line', (text) => resolve([text]));
      child.once('exit', () => reject(new Error('the scripted servers ended')));
    });
    const ports = JSON.parse(line) as Record<string, number>;
    this.endpoints = Object.entries(ports).map(([region, port]) => ({
      region,
      graphqlUrl: `http://127.0.0.1:${port}/graphql`,
      realtimeUrl: `ws://127.0.0.1:${port}/graphql/realtime`,
      apiKey: 'da2-fake',
    }));
  }

  async end(): Promise<void> {
    const child = this.#process;
    if (child !== null && child.exitCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.stdin?.end();
      await ended;
    }
  }

  /** Does steps at one moment, at one region; without steps it only tells the status. */
  async control(steps: readonly Json[], region = 0): Promise<Status> {
    const url = this.endpoints[region]?.graphqlUrl.replace('/graphql', '/control') ?? '';
    const body = JSON.stringify({ steps });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', body, headers });
    return (await response.json()) as Status;
  }
}

/** One run of one scenario. */
class RealRunner {
  readonly #log = new Log();
  #subscription: Subscription | null = null;
  #batch: Json[] = [];

  private readonly scenario: Scenario;
  private readonly fake: FakeServers;

  constructor(
    scenario: Scenario,
    fake: FakeServers,
  ) {
    this.scenario = scenario;
    this.fake = fake;
  }

  async run(): Promise<void> {
    const world = new World(REGIONS, () => 0);
    try {
      for (const step of this.scenario.steps) {
        if (world.handles(step)) {
          this.#batch.push(step);
        } else {
          await this.#flush();
          const [[key, value] = ['', null]] = Object.entries(step);
          await this.#step(key, value);
        }
      }
    } finally {
      this.#subscription?.close();
    }
  }

  async #flush(): Promise<Status> {
    return this.fake.control(this.#batch.splice(0));
  }

  async #start(checkpoint?: Checkpoint): Promise<void> {
    const alias = this.scenario.options?.after;
    const after = alias === undefined ? undefined : (await this.#flush()).ids[alias];
    const options = optionsOf(this.scenario, after, checkpoint);
    this.#subscription = subscribe('tech', { ...options, regions: this.fake.endpoints, WebSocket });
    void this.#consume(this.#subscription);
  }

  async #consume(subscription: Subscription): Promise<void> {
    try {
      for await (const event of subscription) {
        this.#log.add(label(event));
      }
      this.#log.add('end');
    } catch (error) {
      this.#log.add(error instanceof BufferOverflowError ? 'overflow' : String(error));
    }
  }

  async #step(key: string, value: unknown): Promise<void> {
    const connected = async (): Promise<string[]> => (await this.#flush()).connected;
    switch (key) {
      case 'start':
        return this.#start();
      case 'until':
        return this.#wait(() => this.#log.reached(String(value)), String(value));
      case 'untilSubscribed':
        return this.#wait(async () => (await connected()).includes(String(value)), String(value));
      case 'untilConnections':
      case 'expectConnections':
        return this.#wait(async () => String(await connected()) === String(value), String(value));
      case 'wait':
        return sleep(Number(value));
      case 'expect':
        expect(this.#log.sinceExpected()).toEqual(value);
        return;
      case 'expectHistoryCalls':
        expect((await this.#flush()).historyCalls).toBe(value);
        return;
      default:
        throw new Error(`no such step: ${key}`);
    }
  }

  async #wait(done: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (!(await done())) {
      if (performance.now() > end) {
        throw new Error(`never came: ${what}; ${String(this.#log)}`);
      }
      await sleep(5);
    }
  }
}

/** A promise for the next event cannot be taken back, so a pause would come one event late. */
function pauses({ steps }: Scenario): boolean {
  return steps.some((step) => 'pause' in step);
}

describe('against the scripted servers', () => {
  const fake = new FakeServers();

  beforeAll(() => fake.begin());

  beforeEach(async () => {
    await fake.control([{ reset: true }]);
  });

  afterAll(() => fake.end());

  const scenarios = loadScenarios().filter(([, s]) => s.real === true && !pauses(s));

  test.each(scenarios)('%s', async (_file, scenario) => {
    expect.hasAssertions();
    await new RealRunner(scenario, fake).run();
  });

  test('the nearest region, and one that does not answer at the end', async () => {
    const wrong = { region: 'xx', graphqlUrl: 'http://127.0.0.1:9', realtimeUrl: '', apiKey: '' };
    const order = await nearestFirst([wrong, ...fake.endpoints]);
    expect(order.at(-1)).toBe(wrong);
  });

  test('publish retries with the same id and fails over', async () => {
    const busy = { errorType: 'BusUnavailable', message: 'again' };
    await fake.control([{ answers: [busy, 503] }]);
    const message = await publish('tech', 'hello', { regions: fake.endpoints, backoffBaseMs: 1 });
    expect(message).toMatchObject({ region: 'au', message: 'hello', name: 'tech' });
    const [us, au] = await Promise.all([fake.control([]), fake.control([], 1)]);
    const ids = [...us.published, ...au.published].map(({ id }) => id);
    expect(ids).toEqual([message.id, message.id, message.id]);
  });

  test('publish: a refusal is final', async () => {
    const answers = [{ errorType: 'ChannelNotAllowed', message: 'no' }];
    await fake.control([{ answers }]);
    await expect(publish('tech', 'hello', { regions: fake.endpoints })).rejects.toMatchObject({
      name: 'PublishRefusedError',
      errorType: 'ChannelNotAllowed',
    });
  });

  test('publish: no region acknowledges', async () => {
    const regions = fake.endpoints.map((endpoint) => ({ ...endpoint, apiKey: 'x', graphqlUrl: 'http://127.0.0.1:9' }));
    const failed = publish('tech', 'hello', { regions, attempts: 1, rounds: 1, backoffBaseMs: 1 });
    await expect(failed).rejects.toMatchObject({ name: 'PublishFailedError' });
  });
});
