/** Runs a scenario with the real driver, against the scripted servers, in real time. */

import { setTimeout as sleep } from 'node:timers/promises';

import { expect } from 'vitest';
import { WebSocket } from 'ws';

import { apiKey, BufferOverflowError, type Checkpoint, Client, type Subscription, token } from '../src/index.js';
import { channelsOf, label, Log, optionsOf, placeOf, type Scenario } from './scenarios.js';
import type { FakeServers } from './servers.js';
import { Tokens } from './tokens.js';

/** For what a scenario waits for. */
export const PATIENCE_MS = 15_000;

/** On a busy machine this process is silent for longer than a scenario's connection may be. */
const PATIENT = { keepAliveMs: 60_000, startTimeoutMs: 10_000 };

/** One run of one scenario. */
export class RealRunner {
  readonly #channels: string[];
  readonly #logs: Log[];
  readonly #tokens = new Tokens();
  readonly #scenario: Scenario;
  readonly #fake: FakeServers;
  #client: Client | null = null;

  constructor(scenario: Scenario, fake: FakeServers) {
    this.#scenario = scenario;
    this.#fake = fake;
    this.#channels = channelsOf(scenario);
    this.#logs = this.#channels.map(() => new Log());
    fake.reset(this.#channels[0]);
    if (scenario.auth === 'token') {
      fake.authorized = ({ Authorization }) => this.#tokens.accepts(Number(Authorization));
    }
  }

  async run(): Promise<void> {
    try {
      for (const step of this.#scenario.steps) {
        if (this.#fake.world.handles(step)) {
          this.#fake.world.apply(step);
        } else {
          const [[key, value] = ['', null]] = Object.entries(step);
          const log = this.#logs[placeOf(this.#channels, step)];
          await this.#step(key, value, log ?? new Log());
        }
      }
    } finally {
      await this.#client?.close();
    }
  }

  #start(checkpoint?: Checkpoint): void {
    const alias = this.#scenario.options?.after;
    const after = alias === undefined ? undefined : this.#fake.world.messageId(alias);
    const { beginning, tuning } = optionsOf(this.#scenario, after, checkpoint);
    const silent = this.#scenario.steps.some((step) => 'silence' in step);
    const patient = silent ? { keepAliveMs: 3000 } : PATIENT;
    const auth = this.#scenario.auth === 'token' ? token(() => this.#fetchToken()) : apiKey();
    const client = new Client(this.#fake.endpoints, { ...tuning, ...patient, auth, WebSocket });
    this.#client = client;
    for (const [number, channel] of this.#channels.entries()) {
      void this.#consume(client.subscribe(channel, beginning), this.#logs[number] ?? new Log());
    }
  }

  #fetchToken(): string {
    const fetched = this.#tokens.fetch();
    if (fetched === null) {
      throw new Error('the issuer does not answer');
    }
    return String(fetched);
  }

  async #consume(subscription: Subscription, log: Log): Promise<void> {
    try {
      for await (const event of subscription) {
        log.add(label(event));
      }
      log.add('end');
    } catch (error) {
      log.add(error instanceof BufferOverflowError ? 'overflow' : String(error));
    }
  }

  async #step(key: string, value: unknown, log: Log): Promise<void> {
    const { world } = this.#fake;
    const text = String(value);
    switch (key) {
      case 'start':
        this.#start();
        return;
      case 'until':
        return this.#wait(() => log.reached(text), text);
      case 'untilAll':
        for (const each of this.#logs) {
          await this.#wait(() => each.reached(text), text);
        }
        return;
      case 'untilSubscribed':
        return this.#wait(() => world.connected().includes(text), text);
      case 'untilConnections':
      case 'expectConnections':
        return this.#wait(() => String(world.connected()) === text, text);
      case 'untilTokens':
        return this.#wait(() => this.#tokens.asked >= Number(value), 'tokens');
      case 'token':
        this.#tokens.step(text);
        return;
      case 'wait':
        return sleep(Number(value));
      case 'expect':
        expect(log.sinceExpected()).toEqual(value);
        return;
      case 'expectSockets':
        expect(world.sockets()).toEqual(value);
        return;
      case 'expectHistoryCalls':
        expect(world.historyCalls).toBe(value);
        return;
      default:
        throw new Error(`no such step: ${key}`);
    }
  }

  async #wait(done: () => boolean, what: string): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (!done()) {
      if (performance.now() > end) {
        throw new Error(`never came: ${what}; ${String(this.#logs[0])}`);
      }
      await sleep(5);
    }
  }
}
