/**
 * A scripted AppSync for scenarios: regions with stores, subscribers and faults. No I/O.
 * Steps are those of `sdk/scenarios/*.json`; the Python tests have the same world.
 */

import { idAt } from '../src/ulid.js';
import { type Answer, type Query, Region, covers } from './region.js';

export type Json = Record<string, unknown>;

export const UNAUTHORIZED: Json = {
  errors: [{ errorType: 'UnauthorizedException', message: 'You are not authorized' }],
};

/** A client's connection, as the world sees it. */
export interface Connection {
  send(frame: Json): void;
  close(): void;
}

/** All regions. `wallMs` gives the time, milliseconds since 1970. */
export class World {
  historyCalls = 0;
  readonly #regions: Map<string, Region>;
  readonly #messages = new Map<string, Json>();
  readonly #steps: Record<string, (step: Json) => unknown> = {
    publish: (step) => this.#publish(step),
    arrive: (step) => this.#arrive(step),
    deliver: (step) => this.#fanOut(this.#at(step['region']), this.#message(step['deliver'])),
    silentArrival: (step) => {
      const message = this.#message(step['silentArrival']);
      this.#at(step['region']).stored.set(String(message['id']), message);
    },
    lateStart: (step) => (this.#at(step['region']).lateMs = Number(step['lateStart'])),
    cut: (step) => this.#closeAll(step['cut']),
    down: (step) => {
      this.#at(step['down']).down = true;
      this.#closeAll(step['down']);
    },
    up: (step) => (this.#at(step['up']).down = false),
    silence: (step) => (this.#at(step['silence']).silent = true),
    speak: (step) => (this.#at(step['speak']).silent = false),
    kick: (step) => this.#kick(this.#at(step['kick']), this.#channelOf(step)),
    refuse: (step) => {
      const { errorType, message } = step;
      this.#at(step['refuse']).refusals.set(this.#channelOf(step), { errorType, message });
    },
    allow: (step) => this.#at(step['allow']).refusals.delete(this.#channelOf(step)),
    history: (step) => this.#at(step['region']).historyMode(String(step['history'])),
    historyPagesThenHold: (step) => {
      this.#at(step['region']).pagesLeft = Number(step['historyPagesThenHold']);
    },
  };

  private readonly wallMs: () => number;
  /** which steps mean that name none */
  readonly #channel: string;

  constructor(
    names: readonly string[],
    wallMs: () => number,
    channel = 'tech',
  ) {
    this.wallMs = wallMs;
    this.#channel = channel;
    this.#regions = new Map(names.map((name) => [name, new Region()]));
  }

  // Clients

  /** Whether the region accepts the connection; it then acknowledges it. */
  connect(name: string, connection: Connection): boolean {
    const region = this.#at(name);
    if (region.down) {
      return false;
    }
    region.connections.set(connection, new Map());
    const payload = { connectionTimeoutMs: 300_000 };
    this.#send(region, connection, { type: 'connection_ack', payload });
    return true;
  }

  /** The client subscribes. */
  start(name: string, connection: Connection, id: string, channel: string): void {
    const region = this.#at(name);
    const refusal = region.refusals.get(channel);
    if (refusal !== undefined) {
      const payload = { errors: [refusal] };
      this.#send(region, connection, { type: 'error', id, payload });
      return;
    }
    const beginsMs = this.wallMs() + region.lateMs;
    region.connections.get(connection)?.set(id, { channel, beginsMs });
    this.#send(region, connection, { type: 'start_ack', id });
  }

  /** The client unsubscribes. */
  stop(name: string, connection: Connection, id: string): void {
    const region = this.#at(name);
    region.connections.get(connection)?.delete(id);
    this.#send(region, connection, { type: 'complete', id });
  }

  /** The client closed. */
  gone(name: string, connection: Connection): void {
    this.#at(name).connections.delete(connection);
  }

  /** The answer is a page, or {errorType, message}. */
  askHistory(name: string, query: Query, answer: Answer): void {
    const region = this.#at(name);
    this.historyCalls += 1;
    if (region.history === 'hold') {
      region.held.push({ query, answer });
    } else if (region.history === 'hold-answer') {
      // The page is read now and travels slowly.
      const page = region.page(query);
      region.held.push({ query, answer: () => answer(page) });
    } else {
      answer(region.page(query));
    }
  }

  /** Every connection gets its `ka`. */
  keepAlive(): void {
    for (const region of this.#regions.values()) {
      for (const connection of [...region.connections.keys()]) {
        this.#send(region, connection, { type: 'ka' });
      }
    }
  }

  /** The regions with a subscribed connection, by name. */
  connected(): string[] {
    const regions = [...this.#regions].filter(([, r]) =>
      [...r.connections.values()].some((subscriptions) => subscriptions.size > 0),
    );
    return regions.map(([name]) => name).sort();
  }

  /** How many subscribed connections each region has. */
  sockets(): Record<string, number> {
    const counted = [...this.#regions].map(([name, { connections }]) => {
      const used = [...connections.values()].filter((subscriptions) => subscriptions.size > 0);
      return [name, used.length] as const;
    });
    return Object.fromEntries(counted.filter(([, count]) => count > 0));
  }

  // Steps

  /** Whether the step is one of the world's. */
  handles(step: Json): boolean {
    return Object.keys(step).some((key) => key in this.#steps);
  }

  /** Do a step. */
  apply(step: Json): void {
    const key = Object.keys(step).find((one) => one in this.#steps) ?? '';
    this.#steps[key]?.(step);
  }

  /** The id of a published message. */
  messageId(alias: string): string {
    return String(this.#message(alias)['id']);
  }

  /** A message that no step published reaches the region's subscribers. */
  deliver(name: string, message: Json): void {
    this.#fanOut(this.#at(name), message);
  }

  #at(name: unknown): Region {
    const region = this.#regions.get(String(name));
    if (region === undefined) {
      throw new Error(`no region ${String(name)}`);
    }
    return region;
  }

  #message(alias: unknown): Json {
    const message = this.#messages.get(String(alias));
    if (message === undefined) {
      throw new Error(`no message ${String(alias)}`);
    }
    return message;
  }

  #publish(step: Json): void {
    const now = this.wallMs() - Number(step['agoMs'] ?? 0);
    const tail = String(this.#messages.size).padStart(16, '0');
    const regions = step['regions'] as string[];
    this.#messages.set(String(step['publish']), {
      id: idAt(now + Number(step['idAheadMs'] ?? 0)).slice(0, 10) + tail,
      name: this.#channelOf(step),
      message: step['publish'],
      publishedAt: new Date(now).toISOString(),
      region: regions[0],
    });
    this.#arrive({ ...step, arrive: step['publish'] });
  }

  #arrive(step: Json): void {
    const message = this.#message(step['arrive']);
    const id = String(message['id']);
    for (const name of step['regions'] as string[]) {
      const region = this.#at(name);
      if (!region.stored.has(id)) {
        region.stored.set(id, message);
        this.#fanOut(region, message, step['incomplete'] === true);
      }
    }
  }

  #fanOut(region: Region, message: Json, incomplete = false): void {
    const payload = { data: incomplete ? null : { subscribe: message } };
    for (const [connection, subscriptions] of [...region.connections]) {
      for (const [id, { beginsMs, channel }] of subscriptions) {
        if (covers(channel, String(message['name'])) && beginsMs <= this.wallMs()) {
          this.#send(region, connection, { type: 'data', id, payload });
        }
      }
    }
  }

  #send(region: Region, connection: Connection, frame: Json): void {
    if (!region.silent) {
      connection.send(frame);
    }
  }

  #closeAll(name: unknown): void {
    const region = this.#at(name);
    const connections = [...region.connections.keys()];
    region.connections = new Map();
    for (const connection of connections) {
      connection.close();
    }
  }

  /** `complete`, then the close of each socket that has such a subscription. */
  #kick(region: Region, channel: string): void {
    for (const [connection, subscriptions] of [...region.connections]) {
      const ended = [...subscriptions].filter(([, each]) => each.channel === channel);
      for (const [id] of ended) {
        this.#send(region, connection, { type: 'complete', id });
      }
      if (ended.length > 0) {
        region.connections.delete(connection);
        connection.close();
      }
    }
  }

  #channelOf(step: Json): string {
    const { channel } = step;
    return typeof channel === 'string' ? channel : this.#channel;
  }
}
