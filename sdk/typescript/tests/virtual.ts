/** Runs a scenario with the pure machine in virtual time: no socket, no waiting. */

import { expect } from 'vitest';

import { Machine } from '../src/machine.js';
import { decode } from '../src/protocol.js';
import { pageOf } from '../src/operations.js';
import { completeTuning } from '../src/options.js';
import type { Command, Fetch, Input, PageAnswer } from '../src/signals.js';
import { type Checkpoint, type SubscriptionEvent } from '../src/types.js';
import {
  channelsOf,
  label,
  Log,
  optionsOf,
  placeOf,
  REGIONS,
  type Scenario,
} from './scenarios.js';
import { Tokens } from './tokens.js';
import { VirtualTime } from './virtualTime.js';
import { type Connection, type Json, UNAUTHORIZED, World } from './world.js';

const EPOCH_MS = 1_795_000_000_000;
const KEEP_ALIVE_MS = 300;
const LATENCY_MS = 1;

/** Reads one channel, unless it is paused. */
class Consumer {
  readonly log = new Log();
  unread: (SubscriptionEvent | string)[] = [];
  paused = false;
}

/** One run of one scenario. */
export class VirtualRunner {
  readonly #scenario: Scenario;
  readonly #channels: string[];
  readonly #consumers: Consumer[];
  readonly #world: World;
  readonly #connections = new Map<number, { region: string; connection: Connection }>();
  readonly #tokens = new Tokens();
  readonly #time = new VirtualTime();
  #machine: Machine | null = null;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#channels = channelsOf(scenario);
    this.#consumers = this.#channels.map(() => new Consumer());
    this.#world = new World(REGIONS, () => this.#wallMs(), this.#channels[0]);
    this.#tick();
  }

  /** All steps; fails where the outcome is another. */
  run(): void {
    for (const step of this.#scenario.steps) {
      if (this.#world.handles(step)) {
        this.#world.apply(step);
      } else {
        const [[key, value] = ['', null]] = Object.entries(step);
        const consumer = this.#consumers[placeOf(this.#channels, step)];
        this.#step(key, value, consumer ?? new Consumer());
      }
    }
  }

  #wallMs(): number {
    return EPOCH_MS + Math.trunc(this.#time.now);
  }

  #tick(): void {
    this.#world.keepAlive();
    this.#time.later(KEEP_ALIVE_MS, () => this.#tick());
  }

  // The machine

  #feed(input: Input): void {
    for (const command of this.#machine?.handle(input, this.#time.now) ?? []) {
      this.#do(command);
    }
    this.#consume();
  }

  #do(command: Command): void {
    switch (command.type) {
      case 'open':
        return this.#open(command.connection, REGIONS[command.region] ?? '');
      case 'start': {
        const { channel, connection, id } = command;
        const open = this.#connections.get(connection);
        const shown = this.#authorized();
        if (shown === null) {
          const errorType = 'NoCredentials';
          const frame = { type: 'error', id, errorType, message: 'no token' } as const;
          return this.#time.later(LATENCY_MS, () => this.#feed({ type: 'received', connection, frame }));
        }
        return this.#time.later(LATENCY_MS, () => {
          if (open !== undefined && this.#tokens.accepts(shown)) {
            this.#world.start(open.region, open.connection, id, channel);
          } else {
            open?.connection.send({ type: 'error', id, payload: UNAUTHORIZED });
          }
        });
      }
      case 'stop': {
        const open = this.#connections.get(command.connection);
        return open && this.#world.stop(open.region, open.connection, command.id);
      }
      case 'drop': {
        const open = this.#connections.get(command.connection);
        this.#connections.delete(command.connection);
        return open && this.#world.gone(open.region, open.connection);
      }
      case 'fetch':
        return this.#fetch(command);
      case 'abandon':
        return;
      case 'renew':
        return this.#tokens.forget();
      case 'set-timer':
        return this.#time.setTimer(command.name, command.ms, () => this.#feed({ type: 'timer', name: command.name }));
      case 'cancel-timer':
        return this.#time.cancelTimer(command.name);
      case 'emit':
        this.#consumers[command.subscription]?.unread.push(command.event);
        return;
      case 'finish':
        this.#consumers[command.subscription]?.unread.push(command.error === null ? 'end' : 'overflow');
    }
  }

  #open(number: number, region: string): void {
    const give = (input: Input): void => {
      this.#time.later(LATENCY_MS, () => this.#feed(input));
    };
    const connection: Connection = {
      send: (frame) => {
        const decoded = decode(JSON.stringify(frame));
        if (decoded !== null) {
          give({ type: 'received', connection: number, frame: decoded });
        }
      },
      close: () => give({ type: 'closed', connection: number, reason: 'closed' }),
    };
    this.#connections.set(number, { region, connection });
    const shown = this.#authorized();
    if (shown !== null && !this.#tokens.accepts(shown)) {
      connection.send({ type: 'connection_error', payload: UNAUTHORIZED });
    } else if (shown === null || !this.#world.connect(region, connection)) {
      connection.close();
    }
  }

  #fetch({ pages, region, request }: Fetch): void {
    const answers: PageAnswer[] = [];
    let missing = pages.length;
    for (const [place, query] of pages.entries()) {
      this.#world.askHistory(REGIONS[region] ?? '', query, (document) => {
        answers[place] = pageAnswer(document);
        missing -= 1;
        if (missing === 0) {
          this.#time.later(LATENCY_MS, () => this.#feed({ type: 'pages', request, answers }));
        }
      });
    }
  }

  /** The token to show; null if the source fails. Without tokens, one that is accepted. */
  #authorized(): number | null {
    return this.#scenario.auth === 'token' ? this.#tokens.get() : Infinity;
  }

  #consume(): void {
    for (const [subscription, consumer] of this.#consumers.entries()) {
      while (!consumer.paused) {
        const event = consumer.unread.shift();
        if (event === undefined) {
          break;
        }
        consumer.log.add(typeof event === 'string' ? event : label(event));
        if (typeof event !== 'string' && event.type === 'message') {
          this.#feed({ type: 'taken', subscription, message: event.message });
        }
      }
    }
  }

  // The scenario

  #step(key: string, value: unknown, consumer: Consumer): void {
    const text = String(value);
    switch (key) {
      case 'start':
        return this.#start();
      case 'restart':
        return this.#restart();
      case 'until':
        return this.#advance(() => consumer.log.reached(text), text);
      case 'untilAll':
        return this.#consumers.forEach(({ log }) => this.#advance(() => log.reached(text), text));
      case 'untilSubscribed':
        this.#advance(() => this.#world.connected().includes(text), `at ${text}`);
        return this.#time.wait(LATENCY_MS);
      case 'untilConnections':
        return this.#advance(() => String(this.#world.connected()) === text, `connections ${text}`);
      case 'untilHistoryCalls':
        return this.#advance(() => this.#world.historyCalls >= Number(value), 'history calls');
      case 'untilTokens':
        return this.#advance(() => this.#tokens.asked >= Number(value), 'tokens');
      case 'token':
        return this.#tokens.step(text);
      case 'wait':
        return this.#time.wait(Number(value));
      case 'pause':
        consumer.paused = value === true;
        return this.#consume();
      case 'expect':
        this.#time.wait(2 * LATENCY_MS);
        return expect(consumer.log.sinceExpected()).toEqual(value);
      case 'expectLast':
        return expect(consumer.log.sinceExpected().slice(-(value as string[]).length)).toEqual(value);
      case 'expectHistoryCalls':
        return expect(this.#world.historyCalls).toBe(value);
      case 'expectConnections':
        return expect(this.#world.connected()).toEqual(value);
      case 'expectSockets':
        return expect(this.#world.sockets()).toEqual(value);
      default:
        throw new Error(`no such step: ${key}`);
    }
  }

  #start(checkpoint?: Checkpoint): void {
    const alias = this.#scenario.options?.after;
    const after = alias === undefined ? undefined : this.#world.messageId(alias);
    const { beginning, tuning } = optionsOf(this.#scenario, after, checkpoint);
    const options = completeTuning(tuning);
    const renewable = this.#scenario.auth === 'token';
    this.#machine = new Machine(REGIONS, options, () => 0.5, () => this.#wallMs(), renewable);
    for (const [subscription, channel] of this.#channels.entries()) {
      this.#feed({ type: 'begin', subscription, channel, beginning });
    }
  }

  #restart(): void {
    const [consumer] = this.#consumers;
    const events = (consumer?.unread ?? []).filter((event) => typeof event !== 'string');
    const pending = events.flatMap((event) => (event.type === 'message' ? [event.message] : []));
    const checkpoint = this.#machine?.checkpoint(0, pending);
    this.#feed({ type: 'end', subscription: 0 });
    this.#consumers.forEach((each) => (each.unread = []));
    this.#time.cancelAll();
    this.#start(JSON.parse(JSON.stringify(checkpoint)) as Checkpoint);
  }

  #advance(done: () => boolean, what: string): void {
    if (!this.#time.until(done)) {
      throw new Error(`never came: ${what}; ${String(this.#consumers[0]?.log)}`);
    }
  }
}

function pageAnswer(document: Json): PageAnswer {
  const { errorType, message } = document;
  if (errorType === undefined) {
    return pageOf(document);
  }
  return { errorType: typeof errorType === 'string' ? errorType : null, message: String(message) };
}
