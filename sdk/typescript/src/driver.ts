/** Drives the machine with sockets, requests and timers. */

import type { Auth } from './auth.js';
import { GraphQLError } from './errors.js';
import { type Caller, execute } from './graphql.js';
import { Machine } from './machine.js';
import { historyOperation, pagesOf, SUBSCRIBE } from './operations.js';
import type { Tuning } from './options.js';
import { PRESENCE_CHANGED } from './presenceOperations.js';
import type { PresenceEvent } from './roster.js';
import type { Command, Fetch, Input, PageAnswer } from './signals.js';
import { later } from './timers.js';
import { type SocketConstructor, WebSocketConnection } from './transport.js';
import type { Checkpoint, Message, RegionEndpoint, SubscriptionEvent } from './types.js';

/** What the driver works with. */
export interface Platform extends Caller {
  readonly auth: Auth;
  readonly regions: readonly RegionEndpoint[];
  readonly tuning: Tuning;
  readonly WebSocket: SocketConstructor;
  readonly random: () => number;
  /** This machine's clock, milliseconds since 1970. */
  readonly wall: () => number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Machine.checkpoint of a subscription that is over. */
export type CheckpointOf = (pending: readonly Message[]) => Checkpoint | null;

/** Gets one subscription's events. */
export interface Sink {
  put(event: SubscriptionEvent): void;
  /** null: a change that did not say what it is */
  change?(event: PresenceEvent | null): void;
  finish(error: Error | null, checkpoint: CheckpointOf): void;
}

/** Is told of what concerns all subscriptions: one has another state, or is finished. */
export interface Observer<S extends Sink> {
  changed(): void;
  finished(sink: S): void;
}

type Start = Command & { readonly type: 'start' };

interface Open {
  readonly endpoint: RegionEndpoint;
  /** null until the headers are there */
  socket: WebSocketConnection | null;
  /** the API's, as the protocol wants it; empty until the headers are there */
  host: string;
  /** the headers that were used last */
  headers: Readonly<Record<string, string>> | undefined;
  /** the subscriptions whose headers are not there yet */
  readonly starting: Set<string>;
}

/** The machine of one client, in the real world. */
export class Driver<S extends Sink> {
  readonly #platform: Platform;
  readonly #observer: Observer<S>;
  readonly #machine: Machine;
  readonly #sinks = new Map<number, S>();
  readonly #connections = new Map<number, Open>();
  readonly #requests = new Map<number, AbortController>();
  /** Cancels the timer of that name. */
  readonly #timers = new Map<string, () => void>();
  readonly #closing = new Set<Promise<void>>();
  /** those being carried out */
  #commands: Command[] | null = null;

  constructor(platform: Platform, observer: Observer<S>) {
    const { auth, random, regions, tuning, wall } = platform;
    this.#platform = platform;
    this.#observer = observer;
    const names = regions.map(({ region }) => region);
    this.#machine = new Machine(names, tuning, random, () => Math.trunc(wall()), auth.renewable);
  }

  /** The region in use. */
  get region(): RegionEndpoint {
    return this.#region(this.#machine.region);
  }

  /** Make a subscription known, whose events go to the sink. */
  begin(input: Input & { readonly type: 'begin' }, sink: S): void {
    this.#sinks.set(input.subscription, sink);
    this.feed(input);
  }

  /** An input for the machine; its commands are carried out. */
  feed(input: Input): void {
    const commands = this.#machine.handle(input, this.#platform.now());
    if (this.#commands !== null) {
      // A listener of the application calls the client: what that means comes after what is being done.
      this.#commands.push(...commands);
      return;
    }
    this.#commands = commands;
    try {
      for (const command of commands) {
        this.#do(command);
      }
    } finally {
      this.#commands = null;
    }
  }

  /** See Machine.checkpoint. */
  checkpoint(subscription: number, pending: readonly Message[]): Checkpoint | null {
    return this.#machine.checkpoint(subscription, pending);
  }

  /** Resolves when all connections that were dropped are closed. */
  async closed(): Promise<void> {
    // Also those that a listener's call has dropped: that is done after the call.
    await Promise.resolve();
    await Promise.all(this.#closing);
  }

  #do(command: Command): void {
    switch (command.type) {
      case 'emit':
        this.#sinks.get(command.subscription)?.put(command.event);
        if (command.event.type === 'state') {
          this.#observer.changed();
        }
        return;
      case 'presence':
        return this.#sinks.get(command.subscription)?.change?.(command.event);
      case 'finish':
        return this.#finish(command);
      case 'set-timer':
        return this.#setTimer(command.name, command.ms);
      case 'cancel-timer':
        this.#timers.get(command.name)?.();
        this.#timers.delete(command.name);
        return;
      case 'open':
        void this.#open(command.connection, this.#region(command.region));
        return;
      case 'start':
        void this.#start(command);
        return;
      case 'stop':
        return this.#stop(command.connection, command.id);
      case 'drop':
        return this.#drop(command.connection);
      case 'fetch':
        void this.#fetch(command);
        return;
      case 'abandon':
        this.#requests.get(command.request)?.abort();
        this.#requests.delete(command.request);
        return;
      case 'renew':
        return this.#platform.auth.refused(this.#connections.get(command.connection)?.headers);
    }
  }

  #finish({ error, position, subscription }: Command & { readonly type: 'finish' }): void {
    const sink = this.#sinks.get(subscription);
    if (sink !== undefined) {
      this.#sinks.delete(subscription);
      sink.finish(error, (pending) => position.checkpoint(pending));
      this.#observer.finished(sink);
    }
  }

  #region(place: number): RegionEndpoint {
    const endpoint = this.#platform.regions[place];
    if (endpoint === undefined) {
      throw new RangeError(`no region ${place}`);
    }
    return endpoint;
  }

  async #open(connection: number, endpoint: RegionEndpoint): Promise<void> {
    const open: Open = { endpoint, socket: null, host: '', headers: undefined, starting: new Set() };
    this.#connections.set(connection, open);
    const closed = (reason: string): void => {
      this.feed({ type: 'closed', connection, reason });
    };
    try {
      const url = `${endpoint.graphqlUrl}/connect`;
      const headers = await this.#platform.auth.headers({ endpoint, url, body: '{}' });
      if (this.#connections.get(connection) === open) {
        open.headers = headers;
        open.host = new URL(endpoint.graphqlUrl).host;
        open.socket = new WebSocketConnection(
          this.#platform.WebSocket,
          endpoint.realtimeUrl,
          { host: open.host, ...headers },
          (frame) => {
            this.feed({ type: 'received', connection, frame });
          },
          closed,
        );
      }
    } catch (error) {
      // No token, or a URL that the platform does not take: as good as a region that is down.
      closed(error instanceof Error ? error.message : String(error));
    }
  }

  async #start({ channel, connection, id, presence }: Start): Promise<void> {
    const open = this.#connections.get(connection);
    if (open === undefined) {
      return;
    }
    const { endpoint, starting } = open;
    starting.add(id);
    try {
      const body = JSON.stringify({
        query: presence ? PRESENCE_CHANGED : SUBSCRIBE,
        variables: { name: channel },
      });
      const request = { endpoint, url: endpoint.graphqlUrl, body };
      const headers = await this.#platform.auth.headers(request);
      // It may have been stopped meanwhile.
      if (starting.delete(id)) {
        open.headers = headers;
        open.socket?.start(id, body, { host: open.host, ...headers });
      }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const frame = { type: 'error', id, errorType: 'NoCredentials', message } as const;
      this.feed({ type: 'received', connection, frame });
    }
  }

  #stop(connection: number, id: string): void {
    const open = this.#connections.get(connection);
    if (open?.starting.delete(id) === false) {
      open.socket?.stop(id);
    }
  }

  #drop(connection: number): void {
    const closing = this.#connections.get(connection)?.socket?.drop();
    this.#connections.delete(connection);
    if (closing !== undefined) {
      this.#closing.add(closing);
      void closing.then(() => this.#closing.delete(closing));
    }
  }

  #setTimer(name: string, ms: number): void {
    this.#timers.get(name)?.();
    const cancel = later(ms, () => {
      this.#timers.delete(name);
      this.feed({ type: 'timer', name });
    });
    this.#timers.set(name, cancel);
  }

  async #fetch({ pages, region, request }: Fetch): Promise<void> {
    const controller = new AbortController();
    this.#requests.set(request, controller);
    let answers: (PageAnswer | null)[];
    try {
      const operation = historyOperation(pages);
      const { signal } = controller;
      // The machine has a timer of its own for it.
      const asked = { ...operation, timeoutMs: Infinity, signal };
      answers = pagesOf(await execute(this.#platform, this.#region(region), asked), pages.length);
    } catch (error) {
      answers = answersOf(error, pages.length);
    }
    if (this.#requests.delete(request)) {
      this.feed({ type: 'pages', request, answers });
    }
  }
}

/**
 * What a failed request says about each page. One channel's error makes the answer of all null: those
 * without an error of their own are asked for again.
 */
function answersOf(error: unknown, count: number): (PageAnswer | null)[] {
  const known = error instanceof GraphQLError ? error : null;
  const own = Array.from({ length: count }, (_, place) => known?.byField[`h${place}`] ?? null);
  if (count > 1 && known !== null) {
    return own;
  }
  const errorType = known?.errorType ?? null;
  const message = known?.reason ?? String(error);
  return own.map((each) => each ?? { errorType, message });
}
