/** Runs a scenario with the pure machine in virtual time: no socket, no waiting. */

import { expect } from 'vitest';

import { Machine } from '../src/machine.js';
import { decode } from '../src/protocol.js';
import type { Command, Fetch, Input } from '../src/signals.js';
import { type Checkpoint, parseMessage, type SubscriptionEvent } from '../src/types.js';
import { label, Log, optionsOf, REGIONS, type Scenario } from './scenarios.js';
import { type Connection, type Json, World } from './world.js';

const EPOCH_MS = 1_795_000_000_000;
const KEEP_ALIVE_MS = 300;
const PATIENCE_MS = 120_000;
const LATENCY_MS = 1;

interface Due {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
}

/** One run of one scenario. */
export class VirtualRunner {
  readonly #log = new Log();
  readonly #world = new World(REGIONS, () => this.#wallMs());
  readonly #timers = new Map<string, number>();
  readonly #links = new Map<number, { region: string; connection: Connection }>();
  #queue: Due[] = [];
  #outbox: (SubscriptionEvent | string)[] = [];
  #machine: Machine | null = null;
  #now = 0;
  #order = 0;
  #paused = false;

  private readonly scenario: Scenario;

  constructor(scenario: Scenario) {
    this.scenario = scenario;
    this.#tick();
  }

  /** All steps; fails where the outcome is another. */
  run(): void {
    for (const step of this.scenario.steps) {
      if (this.#world.handles(step)) {
        this.#world.apply(step);
      } else {
        const [[key, value] = ['', null]] = Object.entries(step);
        this.#step(key, value);
      }
    }
  }

  #wallMs(): number {
    return EPOCH_MS + Math.trunc(this.#now);
  }

  #later(ms: number, act: () => void): void {
    this.#order += 1;
    this.#queue.push({ at: this.#now + ms, order: this.#order, act });
    this.#queue.sort((a, b) => a.at - b.at || a.order - b.order);
  }

  #tick(): void {
    this.#world.keepAlive();
    this.#later(KEEP_ALIVE_MS, () => this.#tick());
  }

  // The machine

  #feed(input: Input): void {
    for (const command of this.#machine?.handle(input, this.#now) ?? []) {
      this.#do(command);
    }
    this.#consume();
  }

  #do(command: Command): void {
    switch (command.type) {
      case 'open':
        return this.#open(command.link, REGIONS[command.region] ?? '');
      case 'subscribe': {
        const link = this.#links.get(command.link);
        return this.#later(LATENCY_MS, () => {
          if (link !== undefined) {
            this.#world.start(link.region, link.connection, '1');
          }
        });
      }
      case 'drop': {
        const link = this.#links.get(command.link);
        this.#links.delete(command.link);
        return link && this.#world.gone(link.region, link.connection);
      }
      case 'fetch':
        return this.#fetch(command);
      case 'set-timer':
        return this.#setTimer(command.name, command.ms);
      case 'cancel-timer':
        this.#timers.delete(command.name);
        return;
      case 'emit':
        this.#outbox.push(command.event);
        return;
      case 'finish':
        this.#outbox.push(command.error === null ? 'end' : 'overflow');
    }
  }

  #open(link: number, region: string): void {
    const give = (input: Input | null): void => {
      if (input !== null) {
        this.#later(LATENCY_MS, () => this.#feed(input));
      }
    };
    const connection: Connection = {
      send: (frame) => {
        const decoded = decode(JSON.stringify(frame));
        give(decoded && { type: 'received', link, frame: decoded });
      },
      close: () => give({ type: 'closed', link, reason: 'connection lost' }),
    };
    this.#links.set(link, { region, connection });
    if (!this.#world.connect(region, connection)) {
      connection.close();
    }
  }

  #fetch({ after, limit, nextToken, region, request }: Fetch): void {
    const answer = ({ errorType, items, message, nextToken: next }: Json): void => {
      const input: Input = Array.isArray(items)
        ? {
            type: 'page',
            request,
            items: items.map(parseMessage).filter((item) => item !== null),
            nextToken: typeof next === 'string' ? next : null,
          }
        : {
            type: 'page-failed',
            request,
            errorType: typeof errorType === 'string' ? errorType : null,
            message: String(message),
          };
      this.#later(LATENCY_MS, () => this.#feed(input));
    };
    this.#world.askHistory(REGIONS[region] ?? '', { after, limit, nextToken }, answer);
  }

  #setTimer(name: string, ms: number): void {
    this.#order += 1;
    const mark = this.#order;
    this.#timers.set(name, mark);
    this.#later(ms, () => {
      if (this.#timers.get(name) === mark) {
        this.#timers.delete(name);
        this.#feed({ type: 'timer', name });
      }
    });
  }

  #consume(): void {
    while (!this.#paused) {
      const event = this.#outbox.shift();
      if (event === undefined) {
        return;
      }
      this.#log.add(typeof event === 'string' ? event : label(event));
      if (typeof event !== 'string' && event.type === 'message') {
        this.#feed({ type: 'taken', messages: 1 });
      }
    }
  }

  // The scenario

  #step(key: string, value: unknown): void {
    switch (key) {
      case 'start':
        return this.#start();
      case 'restart':
        return this.#restart();
      case 'until':
        return this.#advance(() => this.#log.reached(String(value)), String(value));
      case 'untilSubscribed':
        this.#advance(() => this.#world.connected().includes(String(value)), `at ${String(value)}`);
        return this.#wait(LATENCY_MS);
      case 'untilConnections':
        return this.#advance(
          () => String(this.#world.connected()) === String(value),
          `connections ${String(value)}`,
        );
      case 'untilHistoryCalls':
        return this.#advance(() => this.#world.historyCalls >= Number(value), 'history calls');
      case 'wait':
        return this.#wait(Number(value));
      case 'pause':
        this.#paused = value === true;
        return this.#consume();
      case 'expect':
        this.#wait(2 * LATENCY_MS);
        return expect(this.#log.sinceExpected()).toEqual(value);
      case 'expectLast':
        return expect(this.#log.sinceExpected().slice(-(value as string[]).length)).toEqual(value);
      case 'expectHistoryCalls':
        return expect(this.#world.historyCalls).toBe(value);
      case 'expectConnections':
        return expect(this.#world.connected()).toEqual(value);
      default:
        throw new Error(`no such step: ${key}`);
    }
  }

  #start(checkpoint?: Checkpoint): void {
    const alias = this.scenario.options?.after;
    const after = alias === undefined ? undefined : this.#world.messageId(alias);
    const options = optionsOf(this.scenario, after, checkpoint);
    this.#machine = new Machine(REGIONS, options, () => 0.5, () => this.#wallMs());
    this.#feed({ type: 'begin' });
  }

  #restart(): void {
    const events = this.#outbox.filter((event) => typeof event !== 'string');
    const pending = events.flatMap((event) => (event.type === 'message' ? [event.message] : []));
    const checkpoint = this.#machine?.checkpoint(pending);
    this.#feed({ type: 'stop' });
    this.#outbox = [];
    this.#timers.clear();
    this.#start(JSON.parse(JSON.stringify(checkpoint)) as Checkpoint);
  }

  #advance(done: () => boolean, what: string): void {
    const end = this.#now + PATIENCE_MS;
    while (!done()) {
      const next = this.#queue.shift();
      if (next === undefined || next.at > end) {
        throw new Error(`never came: ${what}; ${String(this.#log)}`);
      }
      this.#now = next.at;
      next.act();
    }
  }

  #wait(ms: number): void {
    const end = this.#now + ms;
    while ((this.#queue[0]?.at ?? Infinity) <= end) {
      const next = this.#queue.shift();
      this.#now = next?.at ?? end;
      next?.act();
    }
    this.#now = end;
  }
}
