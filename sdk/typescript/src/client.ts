/** The client: everything that an application does with its channels. */

import { ApiKey } from './auth.js';
import type { AskOptions, ClientOptions, ClientState, HistoryOptions, SubscribeOptions } from './clientOptions.js';
import { fetchConfig, regionsOf } from './config.js';
import { Connections } from './connections.js';
import { GraphQLError, isFinal } from './errors.js';
import { type Caller, execute, type Fetcher } from './graphql.js';
import { roundTripMs } from './nearest.js';
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
import { checkBeginning, completeTuning, MOST_PER_PAGE, type Tuning } from './options.js';
import { Presence, type PresenceOptions } from './presence.js';
import { publish, type PublishOptions } from './publish.js';
import { Subscription, type SubscriptionHost } from './subscription.js';
import type { Message, RegionEndpoint } from './types.js';
import { UlidSource } from './ulid.js';

/** Published ids that are remembered, to know this client's own messages again. */
const OWN_IDS = 10_000;

/** What the API has of a channel that no rule is about. */
const NO_RULE = { allowed: false, publish: null, subscribe: null, reason: null, updatedAt: null };

/** Subscribes to channels over few connections, publishes, and reads history, in several regions. */
export class Client {
  readonly #given: readonly RegionEndpoint[];
  readonly #tuning: Tuning;
  readonly #caller: Caller;
  readonly #connections: Connections;
  readonly #ids: UlidSource;
  readonly #own = new Set<string>();
  readonly #host: SubscriptionHost;
  readonly #publishing = new Set<Promise<unknown>>();
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
    this.#tuning = completeTuning(options);
    this.#caller = { auth, fetch: fetch ?? ((...args) => globalThis.fetch(...args)) };
    this.#connections = new Connections(regions, this.#caller, this.#tuning, options);
    this.#host = {
      isOwn: (id) => this.#own.has(id),
      taken: (key, message) => this.#connections.taken(key, message),
      checkpoint: (key, pending) => this.#connections.checkpoint(key, pending),
      end: (key, subscription) => this.#connections.end(key, subscription),
    };
    this.#ids = new UlidSource(this.#connections.platform().random);
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
    return this.#connections.state;
  }

  /** Be told of each change of `state`. Returns what ends that. */
  onState(listener: (state: ClientState) => void): () => void {
    return this.#connections.onState(listener);
  }

  /**
   * Subscribe to a channel: iterate over the result. A pattern, as `orders:*`, takes IAM or a grant, and is
   * live only: nothing is read from history, at the beginning or after an interruption. Throws
   * RangeError for what cannot work.
   */
  subscribe(channel: string, options: SubscribeOptions = {}): Subscription {
    const { rewind, signal, skipOwn = false, ...rest } = options;
    // None is as good as no rewind, also beside another beginning.
    const beginning = { ...rest, rewind: rewind === 0 ? undefined : rewind };
    this.#connections.checkOpen();
    checkBeginning(beginning);
    const key = this.#connections.key();
    const subscription = new Subscription(channel, key, this.#host, skipOwn);
    const input = { type: 'begin', subscription: key, channel, beginning } as const;
    void this.#connections.begin(input, subscription, signal);
    return subscription;
  }

  /**
   * Who is in a channel, in all regions: see `members`, and iterate over the result. The client enters
   * the channel itself, at most 100 of them, unless `enter` is false, and leaves it at `close`.
   */
  presence(channel: string, options: PresenceOptions = {}): Presence {
    this.#connections.checkOpen();
    const key = this.#connections.key();
    const host = this.#connections.inOrder().then((regions) => ({
      ...this.#caller,
      ...this.#connections.platform(),
      regions,
      lease: this.#connections.lease(),
      timeoutMs: this.#tuning.historyTimeoutMs,
      settleMs: this.#tuning.settleMs,
      end: (): Promise<void> => this.#connections.end(key, presence),
    }));
    const presence: Presence = new Presence(channel, host, options);
    const input = { type: 'begin', subscription: key, channel, beginning: {}, presence: true } as const;
    void this.#connections.begin(input, presence, options.signal);
    return presence;
  }

  /**
   * Publish to a channel and return the message as the API accepted it. Rejects with
   * RefusedError (final) or PublishFailedError (unknown; its `id` is for trying again).
   */
  async publish(channel: string, text: string, options: PublishOptions = {}): Promise<Message> {
    this.#connections.checkOpen();
    const { random, wall } = this.#connections.platform();
    const newId = (ms: number): string => this.#ids.new(ms);
    const onId = (id: string): void => {
      this.#remember(id);
      options.onId?.(id);
    };
    const published = this.#connections.ordered().then((regions) =>
      publish({ ...this.#caller, regions, random, wall, newId }, channel, text, { ...options, onId }),
    );
    this.#publishing.add(published);
    try {
      return await published;
    } finally {
      this.#publishing.delete(published);
    }
  }

  /** A page of the channel's stored messages: the `last` (50) ones, newest first. */
  async history(channel: string, options: HistoryOptions = {}): Promise<Page> {
    const { last = 50, nextToken = null, signal } = options;
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
    this.#connections.close();
    this.#closed ??= Promise.resolve().then(() => this.#close());
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#connections.endAll();
    await Promise.allSettled(this.#publishing);
    await this.#connections.closed();
  }

  /** The `data` of the first region that answers; throws the last error. */
  async #ask(operation: Operation, options: AskOptions): Promise<Record<string, unknown>> {
    const { signal, timeoutMs = this.#tuning.historyTimeoutMs } = options;
    let failure: unknown = null;
    for (const endpoint of await this.#connections.ordered()) {
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

  #remember(id: string): void {
    this.#own.add(id);
    const [oldest] = this.#own;
    if (this.#own.size > OWN_IDS && oldest !== undefined) {
      this.#own.delete(oldest);
    }
  }
}
