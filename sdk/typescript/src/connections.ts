/** What a client is subscribed to, over which connections, and what state that makes. */

import type { ClientOptions, ClientState } from './clientOptions.js';
import { Driver, type Platform, type Sink } from './driver.js';
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
interface Followed {
  readonly channel: string;
  readonly state: StateEvent | null;
  close(): Promise<void>;
}

/** The subscriptions of one client. It connects when the first one begins. */
export class Connections {
  readonly #given: readonly RegionEndpoint[];
  readonly #options: ClientOptions;
  readonly #tuning: Tuning;
  readonly #caller: Caller;
  readonly #socket: SocketConstructor | null;
  /** each with what takes its listener off the application's signal */
  readonly #subscriptions = new Map<Followed, () => void>();
  readonly #listeners = new Set<(state: ClientState) => void>();
  #state: ClientState = 'idle';
  #regions: Promise<readonly RegionEndpoint[]> | null = null;
  #driver: Driver | null = null;
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
    return this.#state;
  }

  /** Be told of each change of `state`. Returns what ends that. */
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

  /** Subscribe; `sink` gets the events until `end`. */
  async begin(
    input: Parameters<Driver['begin']>[0],
    followed: Followed,
    signal: AbortSignal | undefined,
    sink: Sink,
  ): Promise<void> {
    const close = (): void => void followed.close();
    signal?.addEventListener('abort', close);
    this.#subscriptions.set(followed, () => signal?.removeEventListener('abort', close));
    this.#tell();
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
        finish: (error, checkpoint) => {
          this.#forget(followed);
          sink.finish(error, checkpoint);
          this.#tell();
        },
      });
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
    this.#forget(followed);
    this.#driver?.feed({ type: 'end', subscription: key });
    this.#tell();
    await this.#driver?.closed();
  }

  /** No call is allowed from now on. */
  close(): void {
    this.#isClosed = true;
  }

  /** End all subscriptions. */
  async endAll(): Promise<void> {
    this.#tell();
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

  #forget(followed: Followed): void {
    this.#subscriptions.get(followed)?.();
    this.#subscriptions.delete(followed);
  }

  #webSocket(): SocketConstructor {
    if (this.#socket === null) {
      throw new ClientError('this platform has no WebSocket: give one in the options');
    }
    return this.#socket;
  }

  async #drive(): Promise<Driver> {
    const regions = await this.inOrder();
    this.#driver ??= new Driver({
      ...this.#caller,
      ...this.platform(),
      regions,
      tuning: this.#tuning,
      WebSocket: this.#webSocket(),
    });
    return this.#driver;
  }

  /** Work out the state, and tell the listeners if it has changed. */
  #tell(): void {
    const state = this.#stateNow();
    if (state !== this.#state) {
      this.#state = state;
      callAll(this.#listeners, state);
    }
  }

  #stateNow(): ClientState {
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
}
