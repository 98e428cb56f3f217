/** The client: everything that an application does with its channels. */

import { ApiKey, type Auth } from './auth.js';
import { fetchConfig, regionsOf } from './config.js';
import { Driver, type Platform, type Sink } from './driver.js';
import { ClientError, GraphQLError, isFinal } from './errors.js';
import { type Caller, execute, type Fetcher } from './graphql.js';
import { Lease } from './lease.js';
import { nearestFirst, roundTripMs } from './nearest.js';
import {
  CHANNEL,
  type ChannelInfo,
  channelOf,
  CHANNELS,
  historyOperation,
  type Operation,
  type Page,
  pageOf,
} from './operations.js';
import { type Beginning, checkBeginning, completeTuning, MOST_PER_PAGE, type Tuning } from './options.js';
import { Presence, type PresenceOptions } from './presence.js';
import { publish, type PublishOptions } from './publish.js';
import { Subscription } from './subscription.js';
import type { SocketConstructor } from './transport.js';
import { type Message, type RegionEndpoint, type StateEvent } from './types.js';
import { newUlid } from './ulid.js';

/** Published ids that are remembered, to know this client's own messages again. */
const OWN_IDS = 10_000;

/** What the API has of a channel that no rule is about. */
const NO_RULE = { allowed: false, publish: null, subscribe: null, reason: null, updatedAt: null };

/** `Tuning` says how the client behaves; the rest is who asks, where, and the platform. */
export interface ClientOptions extends Partial<Tuning> {
  /** Who asks: `apiKey()` by default, `token(…)`, or `iam(…)` of `@globalws/client/iam`. */
  readonly auth?: Auth | undefined;
  /**
   * Who this is in presence, where no token says it (API keys): others see `anon:` and this text
   * (letters, digits, or . _ - | @). By default a new ULID.
   */
  readonly presenceId?: string | undefined;
  /** Measure round trips first and prefer the nearest region. */
  readonly nearest?: boolean | undefined;
  /** Where the platform has none (Node 20): the one of the package `ws`. */
  readonly WebSocket?: SocketConstructor | undefined;
  readonly fetch?: Fetcher | undefined;
  /** Numbers from 0 up to, not including, 1. */
  readonly random?: (() => number) | undefined;
  /** This machine's clock, milliseconds since 1970. */
  readonly wall?: (() => number) | undefined;
  /** Monotonic milliseconds. */
  readonly now?: (() => number) | undefined;
}

/**
 * How a client is connected: `idle` without a subscription, `connecting` (or again), `live` at home,
 * `failed-over` in another region, `closed`.
 */
export type ClientState = 'idle' | 'connecting' | 'live' | 'failed-over' | 'closed';

/** Where a subscription begins, and what it leaves out. */
export interface SubscribeOptions extends Beginning {
  /** Leave out what this client published. */
  readonly skipOwn?: boolean | undefined;
  /** Closes the subscription; its iteration ends. */
  readonly signal?: AbortSignal | undefined;
}

/** How many of the newest stored messages; `nextToken` of the page before brings older ones. */
export interface HistoryOptions {
  readonly last?: number | undefined;
  readonly nextToken?: string | null | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What bounds a question to the API. */
export interface AskOptions {
  readonly signal?: AbortSignal | undefined;
  /** Of one region's answer, in milliseconds (10,000). */
  readonly timeoutMs?: number | undefined;
}

/** What is subscribed to: a channel's messages, or who is in it. */
interface Followed {
  readonly channel: string;
  readonly state: StateEvent | null;
  close(): Promise<void>;
}

/** Subscribes to channels over few connections, publishes, and reads history, in several regions. */
export class Client {
  readonly #given: readonly RegionEndpoint[];
  readonly #options: ClientOptions;
  readonly #tuning: Tuning;
  readonly #caller: Caller;
  readonly #socket: SocketConstructor | null;
  readonly #own = new Set<string>();
  readonly #subscriptions = new Set<Followed>();
  readonly #publishing = new Set<Promise<unknown>>();
  readonly #listeners = new Set<(state: ClientState) => void>();
  #state: ClientState = 'idle';
  #regions: Promise<readonly RegionEndpoint[]> | null = null;
  #driver: Driver | null = null;
  #lease: Lease | null = null;
  #count = 0;
  #closed: Promise<void> | null = null;

  /**
   * `regions` in order of preference: the first is home. Throws RangeError for options that cannot
   * work. Connects when something is subscribed to.
   */
  constructor(regions: readonly RegionEndpoint[], options: ClientOptions = {}) {
    const { auth = new ApiKey(), fetch } = options;
    if (regions.length === 0) {
      throw new RangeError('give at least one region');
    }
    this.#given = regions;
    const platform = globalThis as { readonly WebSocket?: SocketConstructor };
    this.#options = options;
    this.#tuning = completeTuning(options);
    this.#socket = options.WebSocket ?? platform.WebSocket ?? null;
    this.#caller = { auth, fetch: fetch ?? ((...args) => globalThis.fetch(...args)) };
  }

  /**
   * A client for the deployment that a config.json describes: its URL, or what is in it. Rejects with
   * ConfigError if that is not to be had.
   */
  static async fromConfig(config: string | object, options: ClientOptions = {}): Promise<Client> {
    const fetcher = options.fetch ?? ((...args: Parameters<Fetcher>) => globalThis.fetch(...args));
    const document = typeof config === 'string' ? await fetchConfig(fetcher, config) : config;
    return new Client(regionsOf(document), options);
  }

  /** The regions, in the order in which they were given. */
  get regions(): readonly RegionEndpoint[] {
    return this.#given;
  }

  /** How the client is connected now. */
  get state(): ClientState {
    return this.#state;
  }

  /** Be told of each change of `state`. Returns what ends that. */
  onState(listener: (state: ClientState) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Subscribe to a channel: iterate over the result. Throws RangeError for what cannot work. */
  subscribe(channel: string, options: SubscribeOptions = {}): Subscription {
    const { signal, skipOwn = false, ...beginning } = options;
    this.#checkOpen();
    checkBeginning(beginning, this.#tuning);
    const key = this.#key();
    const host = {
      isOwn: (id: string): boolean => this.#own.has(id),
      taken: (message: Message): void => {
        this.#driver?.feed({ type: 'taken', subscription: key, message });
      },
      checkpoint: (pending: readonly Message[]) => this.#driver?.checkpoint(key, pending) ?? null,
      end: (): Promise<void> => this.#end(key, subscription),
    };
    const subscription: Subscription = new Subscription(channel, host, skipOwn);
    const input = { type: 'begin', subscription: key, channel, beginning } as const;
    void this.#begin(input, subscription, signal, {
      event: (event) => subscription.put(event),
      finish: (error) => subscription.finish(error),
    });
    return subscription;
  }

  /**
   * Who is in a channel, in all regions: see `members`, and iterate over the result. The client enters
   * the channel itself, at most 100 of them, unless `enter` is false, and leaves it at `close`.
   */
  presence(channel: string, options: PresenceOptions = {}): Presence {
    this.#checkOpen();
    const key = this.#key();
    const host = this.#inOrder().then((regions) => ({
      ...this.#caller,
      ...this.#platform(),
      regions,
      lease: this.#leases(),
      timeoutMs: this.#tuning.historyTimeoutMs,
      settleMs: this.#tuning.settleMs,
      end: (): Promise<void> => this.#end(key, presence),
    }));
    const presence: Presence = new Presence(channel, host, options);
    const input = { type: 'begin', subscription: key, channel, beginning: {}, presence: true } as const;
    void this.#begin(input, presence, options.signal, {
      event: (event) => {
        if (event.type === 'state') {
          presence.put(event);
        }
      },
      presence: (event) => presence.change(event),
      finish: () => undefined,
    });
    return presence;
  }

  /**
   * Publish to a channel and return the message as the API accepted it. Rejects with
   * RefusedError (final) or PublishFailedError (unknown; its `id` is for trying again).
   */
  async publish(channel: string, text: string, options: PublishOptions = {}): Promise<Message> {
    this.#checkOpen();
    const { random = Math.random, wall = Date.now } = this.#options;
    const onId = (id: string): void => {
      this.#remember(id);
      options.onId?.(id);
    };
    const published = this.#ordered().then((regions) =>
      publish({ ...this.#caller, regions, random, wall }, channel, text, { ...options, onId }),
    );
    this.#publishing.add(published);
    try {
      return await published;
    } finally {
      this.#publishing.delete(published);
    }
  }

  /** A page of the channel's stored messages: the `last` (100) ones, newest first. */
  async history(channel: string, options: HistoryOptions = {}): Promise<Page> {
    const { last = this.#tuning.pageLimit, nextToken = null, signal } = options;
    if (!(Number.isInteger(last) && last >= 1 && last <= MOST_PER_PAGE)) {
      throw new RangeError(`history: last must be a whole number from 1 to ${MOST_PER_PAGE}`);
    }
    const query = historyOperation([{ channel, after: null, limit: last, nextToken }]);
    const page = pageOf((await this.#ask(query, { signal }))['h0']);
    return { messages: page.items, nextToken: page.nextToken };
  }

  /** The deployment's channels and those that operators decided on. */
  async channels(options: AskOptions = {}): Promise<readonly ChannelInfo[]> {
    const { channels } = await this.#ask({ query: CHANNELS, variables: {} }, options);
    return Array.isArray(channels) ? channels.map(channelOf).filter((each) => each !== null) : [];
  }

  /** One channel; a name that nobody allowed is not `allowed`. */
  async channel(name: string, options: AskOptions = {}): Promise<ChannelInfo> {
    const { getChannel } = await this.#ask({ query: CHANNEL, variables: { name } }, options);
    return channelOf(getChannel) ?? { ...NO_RULE, name };
  }

  /** Each region's best round trip in milliseconds, by its name; Infinity if it does not answer. */
  async roundTrips(): Promise<ReadonlyMap<string, number>> {
    const measured = this.#given.map(
      async (endpoint) =>
        [endpoint.region, await roundTripMs(this.#caller, endpoint)] as const,
    );
    return new Map(await Promise.all(measured));
  }

  /**
   * End all subscriptions and wait until messages under way are published or have failed, and the
   * connections are closed.
   */
  close(): Promise<void> {
    // Closed from now on, also for those that are told of it meanwhile.
    this.#closed ??= Promise.resolve().then(() => this.#close());
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#tell();
    const closing = [...this.#subscriptions].map((subscription) => subscription.close());
    await Promise.all(closing);
    await Promise.allSettled(this.#publishing);
    await this.#driver?.closed();
    this.#listeners.clear();
  }

  #key(): number {
    this.#webSocket();
    this.#count += 1;
    return this.#count;
  }

  async #begin(
    input: Parameters<Driver['begin']>[0],
    followed: Followed,
    signal: AbortSignal | undefined,
    sink: Sink,
  ): Promise<void> {
    this.#subscriptions.add(followed);
    this.#tell();
    const close = (): void => void followed.close();
    signal?.addEventListener('abort', close);
    if (signal?.aborted === true) {
      close();
    }
    const driver = await this.#drive();
    if (this.#subscriptions.has(followed)) {
      driver.begin(input, {
        ...sink,
        event: (event) => {
          sink.event(event);
          if (event.type === 'state') {
            this.#tell();
          }
        },
        finish: (error) => {
          this.#subscriptions.delete(followed);
          sink.finish(error);
          this.#tell();
        },
      });
    }
  }

  async #end(key: number, followed: Followed): Promise<void> {
    this.#subscriptions.delete(followed);
    this.#driver?.feed({ type: 'end', subscription: key });
    this.#tell();
    await this.#driver?.closed();
  }

  #platform(): Pick<Platform, 'random' | 'wall' | 'now'> {
    const { now = () => performance.now(), random = Math.random, wall = Date.now } = this.#options;
    return { now, random, wall };
  }

  #leases(): Lease {
    const { random, wall } = this.#platform();
    const client = this.#options.presenceId ?? newUlid(wall(), random);
    const timeoutMs = this.#tuning.historyTimeoutMs;
    this.#lease ??= new Lease({ ...this.#caller, client, timeoutMs, random, wall });
    return this.#lease;
  }

  #webSocket(): SocketConstructor {
    if (this.#socket === null) {
      throw new ClientError('this platform has no WebSocket: give one in the options');
    }
    return this.#socket;
  }

  async #drive(): Promise<Driver> {
    const regions = await this.#inOrder();
    this.#driver ??= new Driver({
      ...this.#caller,
      ...this.#platform(),
      regions,
      tuning: this.#tuning,
      WebSocket: this.#webSocket(),
    });
    return this.#driver;
  }

  #inOrder(): Promise<readonly RegionEndpoint[]> {
    const { nearest = false } = this.#options;
    this.#regions ??= nearest ? nearestFirst(this.#caller, this.#given) : Promise.resolve(this.#given);
    return this.#regions;
  }

  /** The regions, beginning with the one in use. */
  async #ordered(): Promise<readonly RegionEndpoint[]> {
    const regions = await this.#inOrder();
    const inUse = this.#driver?.region ?? regions[0];
    return inUse === undefined ? regions : [inUse, ...regions.filter((each) => each !== inUse)];
  }

  /** The `data` of the first region that answers; throws the last error. */
  async #ask(operation: Operation, options: AskOptions): Promise<Record<string, unknown>> {
    const { signal, timeoutMs = this.#tuning.historyTimeoutMs } = options;
    let failure: unknown = null;
    for (const endpoint of await this.#ordered()) {
      try {
        return await execute(this.#caller, endpoint, { ...operation, timeoutMs, signal });
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof GraphQLError && isFinal(error.errorType)) {
          throw error;
        }
        failure = error;
      }
    }
    throw failure;
  }

  /** Work out the state anew, and tell of it if it is another one. */
  #tell(): void {
    const state = this.#stateNow();
    if (state !== this.#state) {
      this.#state = state;
      this.#listeners.forEach((listener) => listener(state));
    }
  }

  #stateNow(): ClientState {
    if (this.#closed !== null) {
      return 'closed';
    }
    let state: ClientState = 'idle';
    for (const { state: own } of this.#subscriptions) {
      if (own?.state === 'live' || own?.state === 'failed-over') {
        return own.state;
      }
      state = 'connecting';
    }
    return state;
  }

  #remember(id: string): void {
    this.#own.add(id);
    const [oldest] = this.#own;
    if (this.#own.size > OWN_IDS && oldest !== undefined) {
      this.#own.delete(oldest);
    }
  }

  #checkOpen(): void {
    if (this.#closed !== null) {
      throw new ClientError('the client is closed');
    }
  }
}
