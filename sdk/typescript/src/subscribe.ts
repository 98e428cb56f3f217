/** The resuming subscription for browsers and Node: drives the machine with sockets and timers. */

import { GraphQLError, SubscriberError } from './errors.js';
import { execute, type Fetcher, HISTORY, pageOf } from './graphql.js';
import { Machine } from './machine.js';
import { nearestFirst } from './nearest.js';
import { type Beginning, completeOptions, type Options, type Tuning } from './options.js';
import { EventQueue } from './queue.js';
import type { Command, Fetch, Input } from './signals.js';
import { later } from './timers.js';
import { type SocketConstructor, WebSocketLink } from './transport.js';
import type { Checkpoint, RegionEndpoint, SubscriptionEvent } from './types.js';

/** `Tuning` and `Beginning` say how it behaves and from where it reads; the rest is the platform. */
export interface SubscribeOptions extends Partial<Tuning>, Beginning {
  /** In order of preference; the first is home. */
  readonly regions: readonly RegionEndpoint[];
  /** Measure round trips first and prefer the nearest region. */
  readonly nearest?: boolean;
  /** Where the platform has none (Node 20): the one of the package `ws`. */
  readonly WebSocket?: SocketConstructor;
  readonly fetch?: Fetcher;
  /** Numbers from 0 up to, not including, 1. */
  readonly random?: () => number;
  /** This machine's clock, milliseconds since 1970. */
  readonly wall?: () => number;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

/** A channel's messages and the subscription's states, for one consumer. */
export class Subscription implements AsyncIterableIterator<SubscriptionEvent> {
  readonly #channel: string;
  readonly #options: Options;
  readonly #given: SubscribeOptions;
  readonly #fetcher: Fetcher;
  readonly #socket: SocketConstructor;
  readonly #now: () => number;
  readonly #queue = new EventQueue();
  readonly #links = new Map<number, WebSocketLink>();
  readonly #fetches = new Map<number, AbortController>();
  /** What calls off the timer of that name. */
  readonly #timers = new Map<string, () => void>();
  #regions: readonly RegionEndpoint[];
  #machine: Machine | null = null;
  #closed = false;

  /** Use `subscribe`. */
  constructor(channel: string, given: SubscribeOptions) {
    const { regions, fetch, now, WebSocket } = given;
    const platform = globalThis as { readonly WebSocket?: SocketConstructor };
    const socket = WebSocket ?? platform.WebSocket;
    if (regions.length === 0) {
      throw new RangeError('give at least one region');
    }
    if (socket === undefined) {
      throw new SubscriberError('this platform has no WebSocket: give one in the options');
    }
    this.#channel = channel;
    this.#given = given;
    this.#options = completeOptions(given);
    this.#regions = regions;
    this.#socket = socket;
    this.#fetcher = fetch ?? ((...args) => globalThis.fetch(...args));
    this.#now = now ?? (() => performance.now());
    void this.#begin();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /**
   * The next event; rejects with BufferOverflowError if the consumer was too slow. Several calls
   * at once get the events in the order of the calls; all of them end at `close`.
   */
  async next(): Promise<IteratorResult<SubscriptionEvent>> {
    const event = await this.#queue.take();
    if (event === null) {
      return { done: true, value: undefined };
    }
    if (event.type === 'message') {
      this.#feed({ type: 'taken', messages: 1 });
    }
    return { done: false, value: event };
  }

  /** What `break` in a `for await` calls. */
  return(): Promise<IteratorResult<SubscriptionEvent>> {
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  /**
   * Where the iteration stands, for another subscription's `checkpoint` option: that one delivers
   * what this one's iteration has not given out. Null as long as no connection has been live.
   */
  checkpoint(): Checkpoint | null {
    return this.#machine?.checkpoint(this.#queue.pending()) ?? null;
  }

  /** End the subscription and the iteration; what was not read is dropped. */
  close(): void {
    this.#closed = true;
    this.#feed({ type: 'stop' });
    this.#queue.clear();
    this.#queue.finish(null);
  }

  async #begin(): Promise<void> {
    if (this.#given.nearest === true) {
      this.#regions = await nearestFirst(this.#regions, this.#fetcher);
    }
    if (this.#closed) {
      return;
    }
    const { random = Math.random, wall = Date.now } = this.#given;
    const names = this.#regions.map(({ region }) => region);
    this.#machine = new Machine(names, this.#options, random, () => Math.trunc(wall()));
    this.#feed({ type: 'begin' });
  }

  #feed(input: Input): void {
    for (const command of this.#machine?.handle(input, this.#now()) ?? []) {
      this.#do(command);
    }
  }

  #do(command: Command): void {
    switch (command.type) {
      case 'emit':
        return this.#queue.put(command.event);
      case 'set-timer':
        return this.#setTimer(command.name, command.ms);
      case 'cancel-timer':
        this.#timers.get(command.name)?.();
        this.#timers.delete(command.name);
        return;
      case 'open':
        return this.#open(command.link, this.#region(command.region));
      case 'subscribe':
        return this.#links.get(command.link)?.subscribe();
      case 'fetch':
        void this.#fetch(command);
        return;
      case 'drop':
        this.#links.get(command.link)?.drop();
        this.#links.delete(command.link);
        this.#fetches.get(command.link)?.abort();
        this.#fetches.delete(command.link);
        return;
      case 'finish':
        return this.#queue.finish(command.error);
    }
  }

  #region(place: number): RegionEndpoint {
    const endpoint = this.#regions[place];
    if (endpoint === undefined) {
      throw new RangeError(`no region ${place}`);
    }
    return endpoint;
  }

  #open(link: number, endpoint: RegionEndpoint): void {
    try {
      const socket = new WebSocketLink(
        this.#socket,
        endpoint,
        this.#channel,
        (frame) => {
          this.#feed({ type: 'received', link, frame });
        },
        (reason) => {
          this.#feed({ type: 'closed', link, reason });
        },
      );
      this.#links.set(link, socket);
    } catch (error) {
      // A URL that the platform does not take: as good as a region that is down.
      queueMicrotask(() => {
        this.#feed({ type: 'closed', link, reason: String(error) });
      });
    }
  }

  #setTimer(name: string, ms: number): void {
    this.#timers.get(name)?.();
    const cancel = later(ms, () => {
      this.#timers.delete(name);
      this.#feed({ type: 'timer', name });
    });
    this.#timers.set(name, cancel);
  }

  async #fetch({ after, limit, link, nextToken, region, request }: Fetch): Promise<void> {
    const controller = new AbortController();
    this.#fetches.set(link, controller);
    let input: Input;
    try {
      const data = await execute(this.#fetcher, this.#region(region), {
        query: HISTORY,
        variables: { name: this.#channel, after, limit, nextToken },
        timeoutMs: this.#options.historyTimeoutMs,
        signal: controller.signal,
      });
      input = { type: 'page', request, ...pageOf(data) };
    } catch (error) {
      const known = error instanceof GraphQLError ? error : null;
      const message = known?.reason ?? String(error);
      input = { type: 'page-failed', request, errorType: known?.errorType ?? null, message };
    }
    this.#feed(input);
  }
}

/**
 * Subscribe to a channel. Iterate over the result for messages and states; `close()` it, or
 * `break` out of the loop.
 *
 * The iteration ends after a `refused` state and after `close`; it throws BufferOverflowError if
 * the consumer was too slow and nothing is stored to catch up from. Throws RangeError for options
 * that cannot work.
 */
export function subscribe(channel: string, options: SubscribeOptions): Subscription {
  return new Subscription(channel, options);
}
