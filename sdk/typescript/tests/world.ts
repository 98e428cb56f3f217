/**
 * A scripted AppSync for scenarios: regions with stores, subscribers and faults. No I/O.
 * Steps are those of `sdk/scenarios/*.json`; the Python tests have the same world.
 */

import { idAt } from '../src/ulid.js';

export type Json = Record<string, unknown>;

/** A client's connection, as the world sees it. */
export interface Connection {
  send(frame: Json): void;
  close(): void;
}

export interface Query {
  readonly after: string;
  readonly limit: number;
  readonly nextToken: string | null;
}

type Answer = (document: Json) => void;

class Region {
  readonly stored = new Map<string, Json>();
  /** whether subscribed */
  connections = new Map<Connection, boolean>();
  down = false;
  silent = false;
  refusal: Json | null = null;
  history = 'ok';
  pagesLeft: number | null = null;
  held: { query: Query; answer: Answer }[] = [];
}

/** All regions. `wallMs` gives the time, milliseconds since 1970. */
export class World {
  historyCalls = 0;
  readonly #regions: Map<string, Region>;
  readonly #messages = new Map<string, Json>();
  readonly #steps: Record<string, (step: Json) => void> = {
    publish: (step) => this.#publish(step),
    arrive: (step) => this.#arrive(step),
    deliver: (step) => this.#fanOut(this.#at(step['region']), this.#message(step['deliver'])),
    cut: (step) => this.#closeAll(step['cut']),
    down: (step) => {
      this.#at(step['down']).down = true;
      this.#closeAll(step['down']);
    },
    up: (step) => (this.#at(step['up']).down = false),
    silence: (step) => (this.#at(step['silence']).silent = true),
    speak: (step) => (this.#at(step['speak']).silent = false),
    kick: (step) => this.#kick(this.#at(step['kick']), step['kick']),
    refuse: (step) => {
      const { errorType, message } = step;
      this.#at(step['refuse']).refusal = { errorType, message };
    },
    allow: (step) => (this.#at(step['allow']).refusal = null),
    history: (step) => this.#historyMode(this.#at(step['region']), String(step['history'])),
    historyPagesThenHold: (step) => {
      this.#at(step['region']).pagesLeft = Number(step['historyPagesThenHold']);
    },
  };

  private readonly wallMs: () => number;

  constructor(
    names: readonly string[],
    wallMs: () => number,
  ) {
    this.wallMs = wallMs;
    this.#regions = new Map(names.map((name) => [name, new Region()]));
  }

  // Clients

  /** Whether the region accepts the connection; it then acknowledges it. */
  connect(name: string, connection: Connection): boolean {
    const region = this.#at(name);
    if (region.down) {
      return false;
    }
    region.connections.set(connection, false);
    const payload = { connectionTimeoutMs: 300_000 };
    this.#send(region, connection, { type: 'connection_ack', payload });
    return true;
  }

  /** The client subscribes. */
  start(name: string, connection: Connection, id: string): void {
    const region = this.#at(name);
    if (region.refusal !== null) {
      const payload = { errors: [region.refusal] };
      this.#send(region, connection, { type: 'error', id, payload });
      return;
    }
    region.connections.set(connection, true);
    this.#send(region, connection, { type: 'start_ack', id });
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
      const page = this.#history(region, query);
      region.held.push({ query, answer: () => answer(page) });
    } else {
      answer(this.#history(region, query));
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
    const regions = [...this.#regions].filter(([, r]) => [...r.connections.values()].includes(true));
    return regions.map(([name]) => name).sort();
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
      name: 'tech',
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
        this.#fanOut(region, step['incomplete'] === true ? null : message);
      }
    }
  }

  #fanOut(region: Region, message: Json | null): void {
    const payload = { data: message === null ? null : { subscribe: message } };
    for (const [connection, subscribed] of [...region.connections]) {
      if (subscribed) {
        this.#send(region, connection, { type: 'data', id: '1', payload });
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

  #kick(region: Region, name: unknown): void {
    for (const [connection, subscribed] of [...region.connections]) {
      if (subscribed) {
        this.#send(region, connection, { type: 'complete', id: '1' });
      }
    }
    this.#closeAll(name);
  }

  #historyMode(region: Region, mode: string): void {
    region.history = mode;
    if (!mode.startsWith('hold')) {
      for (const { query, answer } of region.held.splice(0)) {
        answer(this.#history(region, query));
      }
    }
  }

  #history(region: Region, query: Query): Json {
    if (region.down) {
      return { errorType: null, message: 'connection refused' };
    }
    switch (region.history) {
      case 'disabled':
        return { errorType: 'HistoryDisabled', message: 'nothing is stored here' };
      case 'refused':
        return { errorType: 'ChannelNotAllowed', message: 'channel is not allowed' };
      case 'error':
        return { errorType: null, message: 'HTTP 500' };
    }
    if (region.pagesLeft !== null) {
      region.pagesLeft -= 1;
      if (region.pagesLeft === 0) {
        region.history = 'hold';
        region.pagesLeft = null;
      }
    }
    // The token is the last id of the page before.
    const after = query.nextToken ?? query.after;
    const ids = [...region.stored.keys()].filter((id) => id > after).sort();
    const page = ids.slice(0, query.limit);
    const nextToken = ids.length > query.limit ? page.at(-1) : null;
    return { items: page.map((id) => region.stored.get(id)), nextToken };
  }
}
