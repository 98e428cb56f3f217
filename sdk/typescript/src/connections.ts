/** What a client is subscribed to, over which connections, and what state that makes. */

import type { ClientOptions, ClientState } from './clientOptions.js';
import { Driver, type Observer, type Platform, type Sink } from './driver.js';
import { ClientError } from './errors.js';
import type { Caller } from './graphql.js';
import { Lease } from './lease.js';
import { callAll } from './listeners.js';
import { nearestFirst } from './nearest.js';
import type { Tuning } from './options.js';
import type { SocketConstructor } from './transport.js';
import type { Checkpoint, Message, RegionEndpoint, StateEvent } from './types.js';
import { newUlid } from './ulid.js';

/** What is subscribed to: a channel's messages, or who is in it. */
interface Followed extends Sink {
  readonly state: StateEvent | null;
  close(): Promise<void>;
}

/** The subscriptions of one client. It connects when the first one begins. */
export class Connections implements Observer<Followed> {
  readonly #given: readonly RegionEndpoint[];
  readonly #options: ClientOptions;
  readonly #tuning: Tuning;
  readonly #caller: Caller;
  readonly #socket: SocketConstructor | null;
  /** each with what takes its listener off the application's signal, if it has one */
  readonly #subscriptions = new Map<Followed, (() => void) | null>();
  readonly #listeners = new Set<(state: ClientState) => void>();
  /** as the listeners know it */
  #told: ClientState = 'idle';
  #willTell = false;
  #regions: Promise<readonly RegionEndpoint[]> | null = null;
  #driver: Driver<Followed> | null = null;
  #lease: Lease | null = null;
  #count = 0;
  #isClosed = false;

  constructor(
    regions: readonly RegionEndpoint[],
    caller: Caller,
    tuning: Tuning,
    options: ClientOptions,
  ) {
    const platform = globalThis as { readonly WebSocket?: SocketConstructor };
    this.#given = regions;
    this.#caller = caller;
    this.#tuning = tuning;
    this.#options = options;
    this.#socket = options.WebSocket ?? platform.WebSocket ?? null;
  }

  /** How the client is connected now. */
  get state(): ClientState {
    if (this.#isClosed) {
      return 'closed';
    }
    let state: ClientState = 'idle';
    for (const { state: own } of this.#subscriptions.keys()) {
      if (own?.state === 'live' || own?.state === 'failed-over') {
        return own.state;
      }
      state = 'connecting';
    }
    return state;
  }

  /** Be told when `state` has changed: once for all that changes at a time. Returns what ends that. */
  onState(listener: (state: ClientState) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Throws ClientError after `close`. */
  checkOpen(): void {
    if (this.#isClosed) {
      throw new ClientError('the client is closed');
    }
  }

  /** The number of a new subscription. Throws ClientError on a platform that has no WebSocket. */
  key(): number {
    this.#webSocket();
    this.#count += 1;
    return this.#count;
  }

  /** Subscribe; `followed` gets the events until `end`. */
  async begin(
    input: Parameters<Driver<Followed>['begin']>[0],
    followed: Followed,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    this.#subscriptions.set(followed, signal === undefined ? null : closeAt(signal, followed));
    this.changed();
    if (signal?.aborted === true) {
      void followed.close();
    }
    const driver = await this.#drive();
    if (this.#subscriptions.has(followed)) {
      driver.begin(input, followed);
    }
  }

  /** The consumer of a subscription has taken a message. */
  taken(key: number, message: Message): void {
    this.#driver?.feed({ type: 'taken', subscription: key, message });
  }

  /** How far a consumer is that has not taken `pending` yet; null before the first live. */
  checkpoint(key: number, pending: readonly Message[]): Checkpoint | null {
    return this.#driver?.checkpoint(key, pending) ?? null;
  }

  /** End a subscription. Resolves when connections without any are closed. */
  async end(key: number, followed: Followed): Promise<void> {
    this.finished(followed);
    this.#driver?.feed({ type: 'end', subscription: key });
    await this.#driver?.closed();
  }

  /** No call is allowed from now on. */
  close(): void {
    this.#isClosed = true;
  }

  /** End all subscriptions. */
  async endAll(): Promise<void> {
    this.changed();
    await Promise.all([...this.#subscriptions.keys()].map((subscription) => subscription.close()));
  }

  /** Resolves when all connections are closed. Nobody is told of the state any more. */
  async closed(): Promise<void> {
    await this.#driver?.closed();
    this.#listeners.clear();
  }

  /** Enters and keeps presence; one for all channels. */
  lease(): Lease {
    const { random, wall } = this.platform();
    const client = this.#options.presenceId ?? newUlid(wall(), random);
    const timeoutMs = this.#tuning.historyTimeoutMs;
    this.#lease ??= new Lease({ ...this.#caller, client, timeoutMs, random, wall });
    return this.#lease;
  }

  /** Clocks and chance: those of the options, or the platform's. */
  platform(): Pick<Platform, 'random' | 'wall' | 'now'> {
    const { now = () => performance.now(), random = Math.random, wall = Date.now } = this.#options;
    return { now, random, wall };
  }

  /** The regions in order of preference. */
  inOrder(): Promise<readonly RegionEndpoint[]> {
    const { nearest = false } = this.#options;
    this.#regions ??= nearest ? nearestFirst(this.#caller, this.#given) : Promise.resolve(this.#given);
    return this.#regions;
  }

  /** The regions, beginning with the one in use. */
  async ordered(): Promise<readonly RegionEndpoint[]> {
    const regions = await this.inOrder();
    const inUse = this.#driver?.region ?? regions[0];
    return inUse === undefined ? regions : [inUse, ...regions.filter((each) => each !== inUse)];
  }

  /** For the driver: the state may be another one. */
  changed(): void {
    if (!this.#willTell) {
      this.#willTell = true;
      queueMicrotask(() => this.#tell());
    }
  }

  /** For the driver: the subscription is over. */
  finished(followed: Followed): void {
    this.#subscriptions.get(followed)?.();
    this.#subscriptions.delete(followed);
    this.changed();
  }

  #webSocket(): SocketConstructor {
    if (this.#socket === null) {
      throw new ClientError('this platform has no WebSocket: give one in the options');
    }
    return this.#socket;
  }

  async #drive(): Promise<Driver<Followed>> {
    const regions = await this.inOrder();
    const platform = {
      ...this.#caller,
      ...this.platform(),
      regions,
      tuning: this.#tuning,
      WebSocket: this.#webSocket(),
    };
    this.#driver ??= new Driver(platform, this);
    return this.#driver;
  }

  /** Tell the listeners, if the state has changed. */
  #tell(): void {
    this.#willTell = false;
    const { state } = this;
    if (state !== this.#told) {
      this.#told = state;
      callAll(this.#listeners, state);
    }
  }
}

/** Closes it when the signal is aborted. Returns what ends that. */
function closeAt(signal: AbortSignal, followed: Followed): () => void {
  const close = (): void => void followed.close();
  signal.addEventListener('abort', close);
  return () => signal.removeEventListener('abort', close);
}
