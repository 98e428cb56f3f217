/** A client's membership of channels: one lease for all of them, renewed as long as there is one. */

import { GraphQLError, isFinal } from './errors.js';
import { type Caller, execute, type Request } from './graphql.js';
import { onPage } from './page.js';
import { ENTER, HEARTBEAT, LEAVE, leasedOf } from './presenceOperations.js';
import { later, part, pause } from './timers.js';
import type { RegionEndpoint } from './types.js';
import { newUlid } from './ulid.js';

export const HEARTBEAT_MS = 30_000;
/** After a heartbeat that failed; the lease lasts for more than two of the regular ones. */
const AGAIN_MS = 5_000;
const BACKOFF_BASE_MS = 500;
const BACKOFF_CAP_MS = 15_000;
/** Closing a presence waits at most twice this long. */
const LEAVE_MS = 1_000;
const LEAVE_ATTEMPTS = 2;
/** The API takes no more in a lease. */
export const MOST_CHANNELS = 100;

/** `client`: who it is, where no token says it. `wall`: milliseconds since 1970. */
export interface Tenant extends Caller {
  readonly client: string;
  readonly timeoutMs: number;
  readonly random: () => number;
  readonly wall: () => number;
}

/** A lease at one region; others see `connection`, nobody sees `secret`. */
interface Place {
  readonly endpoint: RegionEndpoint;
  readonly connection: string;
  readonly secret: string;
}

/** Wants the membership, and is told when the API has accepted or refused it. */
export interface Holder {
  readonly data: string | null;
  readonly entered: () => void;
  readonly refused: (error: GraphQLError) => void;
}

interface Membership {
  /** the last one's data is shown; none: to be left */
  readonly holders: Map<object, Holder>;
  /** as it was last entered; null: it is not, or not any more */
  held: { readonly place: Place; readonly data: string | null } | null;
  /** where it may be entered, although no answer said so */
  doubtful: Place | null;
  failures: number;
  /** gives up the entering under way */
  giveUp: (() => void) | null;
  working: Promise<void> | null;
  /** ends a pause */
  wake: () => void;
}

/** Enters channels where the client is connected, and leaves them. Calls of one channel never overlap. */
export class Lease {
  readonly #tenant: Tenant;
  readonly #memberships = new Map<string, Membership>();
  #place: Place | null = null;
  #beating: (() => void) | null = null;
  #ofPage: (() => void) | null = null;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
  }

  /** Where the client is connected now: channels are entered there, with a new connection if it was elsewhere. */
  move(endpoint: RegionEndpoint): void {
    if (this.#place?.endpoint !== endpoint) {
      this.#renew(endpoint);
    }
  }

  /** Be a member of the channel until all that wanted it have called `leave`. Again: with other data. */
  enter(channel: string, by: object, holder: Holder): void {
    const known = this.#memberships.get(channel);
    if (known === undefined && this.#memberships.size >= MOST_CHANNELS) {
      const reason = `a client enters at most ${MOST_CHANNELS} channels: leave some, or use another client`;
      holder.refused(new GraphQLError('InvalidMember', reason));
      return;
    }
    const membership = known ?? {
      holders: new Map<object, Holder>(),
      held: null,
      doubtful: null,
      failures: 0,
      giveUp: null,
      working: null,
      wake: () => undefined,
    };
    membership.holders.delete(by);
    membership.holders.set(by, holder);
    this.#memberships.set(channel, membership);
    this.#work(channel, membership);
  }

  /** End the membership. Resolves when the API knows it, or cannot be told: the lease ends by itself then. */
  async leave(channel: string, by: object): Promise<void> {
    const membership = this.#memberships.get(channel);
    if (membership?.holders.delete(by) === true) {
      if (membership.holders.size === 0) {
        membership.giveUp?.();
      }
      this.#work(channel, membership);
      await membership.working;
    }
  }

  #renew(endpoint: RegionEndpoint): void {
    const { random, wall } = this.#tenant;
    const secret = [...crypto.getRandomValues(new Uint8Array(16))]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('');
    this.#place = { endpoint, connection: newUlid(wall(), random), secret };
    this.#enterAll();
  }

  /** The lease has ended. */
  #expired(place: Place): void {
    for (const membership of this.#memberships.values()) {
      if (membership.held?.place === place) {
        membership.held = null;
      }
    }
    if (this.#place === place) {
      this.#renew(place.endpoint);
    }
  }

  #work(channel: string, membership: Membership): void {
    membership.wake();
    // Later, so that what begins it is done.
    membership.working ??= Promise.resolve().then(() => this.#settle(channel, membership));
  }

  /** Call the API until it has what is wanted. */
  async #settle(channel: string, membership: Membership): Promise<void> {
    for (;;) {
      const place = this.#place;
      const { held } = membership;
      const wanted = [...membership.holders.values()].at(-1);
      if (wanted === undefined) {
        const entered = held?.place ?? membership.doubtful;
        membership.held = null;
        membership.doubtful = null;
        if (entered !== null) {
          await this.#leave(channel, entered);
        } else {
          membership.working = null;
          this.#forget(channel);
          return;
        }
      } else if (place !== null && (held?.place !== place || held.data !== wanted.data)) {
        await this.#enter(channel, membership, place, wanted.data);
      } else {
        membership.working = null;
        if (held !== null) {
          membership.holders.forEach(({ entered }) => entered());
        }
        return;
      }
    }
  }

  #forget(channel: string): void {
    this.#memberships.delete(channel);
    if (this.#memberships.size === 0) {
      this.#beating?.();
      this.#beating = null;
      this.#ofPage?.();
      this.#ofPage = null;
      // This lease is not renewed any more: what is entered later has another.
      if (this.#place !== null) {
        this.#renew(this.#place.endpoint);
      }
    }
  }

  async #enter(
    channel: string,
    membership: Membership,
    place: Place,
    data: string | null,
  ): Promise<void> {
    const { client, timeoutMs } = this.#tenant;
    const before = membership.held?.place ?? membership.doubtful;
    const controller = new AbortController();
    membership.giveUp = () => controller.abort();
    try {
      const { signal } = controller;
      await this.#call(place, ENTER, { name: channel, data, client }, { timeoutMs, signal });
    } catch (error) {
      const errorType = error instanceof GraphQLError ? error.errorType : null;
      membership.failures += 1;
      if (errorType === null) {
        membership.doubtful = place;
      }
      if (controller.signal.aborted) {
        return;
      }
      if (errorType === 'LeaseExpired') {
        this.#expired(place);
        if (membership.failures === 1) {
          return;
        }
      } else if (error instanceof GraphQLError && isFinal(errorType)) {
        if (this.#place === place) {
          const holders = [...membership.holders.values()];
          membership.holders.clear();
          holders.forEach(({ refused }) => refused(error));
        }
        return;
      }
      const longest = Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** membership.failures);
      await pause(part(longest, this.#tenant.random()), membership);
      return;
    }
    membership.held = { place, data };
    membership.doubtful = null;
    membership.failures = 0;
    this.#beating ??= this.#beatIn(HEARTBEAT_MS);
    this.#ofPage ??= onPage(() => this.#leaveAll(), () => this.#enterAll());
    if (before !== null && before !== place) {
      // It is a member by its new connection already, so nobody sees it leave.
      void this.#leave(channel, before);
    }
  }

  /** Tries twice: a connection that cannot say it has left is gone when its lease ends. */
  async #leave(channel: string, place: Place): Promise<void> {
    for (let attempt = 0; attempt < LEAVE_ATTEMPTS; attempt += 1) {
      try {
        await this.#call(place, LEAVE, { name: channel }, { timeoutMs: LEAVE_MS });
        return;
      } catch (error) {
        if (error instanceof GraphQLError && isFinal(error.errorType)) {
          return;
        }
      }
    }
  }

  /** The page goes. Nobody waits for an answer: where none can be had, the lease ends by itself. */
  #leaveAll(): void {
    for (const [channel, membership] of this.#memberships) {
      if (membership.held !== null) {
        const { place } = membership.held;
        membership.held = null;
        const quickly = { timeoutMs: LEAVE_MS, keepalive: true };
        this.#call(place, LEAVE, { name: channel }, quickly).catch(() => undefined);
      }
    }
  }

  /** Also when the browser has kept the page, and brings it back. */
  #enterAll(): void {
    this.#memberships.forEach((membership, channel) => this.#work(channel, membership));
  }

  #beatIn(ms: number): () => void {
    return later(ms, () => void this.#beat());
  }

  async #beat(): Promise<void> {
    const place = this.#place;
    const mark = this.#beating;
    const held = [...this.#memberships].filter(([, each]) => each.held?.place === place);
    let next = HEARTBEAT_MS;
    if (place !== null && held.length > 0) {
      try {
        const leased = leasedOf(await this.#call(place, HEARTBEAT, {}));
        // An operator ended the others; whether they may be entered again, the rules say.
        this.#lost(place, held.filter(([channel]) => !leased.has(channel)));
      } catch (error) {
        const errorType = error instanceof GraphQLError ? error.errorType : null;
        if (errorType === 'LeaseExpired') {
          this.#expired(place);
        } else if (isFinal(errorType)) {
          // Entering gets the same refusal, and tells of it.
          this.#lost(place, held);
        } else {
          next = AGAIN_MS;
        }
      }
    }
    if (this.#beating === mark && mark !== null) {
      this.#beating = this.#beatIn(next);
    }
  }

  #lost(place: Place, memberships: readonly (readonly [string, Membership])[]): void {
    for (const [channel, membership] of memberships) {
      if (membership.held?.place === place) {
        membership.held = null;
        this.#work(channel, membership);
      }
    }
  }

  #call(
    { connection, endpoint, secret }: Place,
    query: string,
    variables: Readonly<Record<string, unknown>>,
    how: Omit<Request, 'query' | 'variables'> = { timeoutMs: this.#tenant.timeoutMs },
  ): Promise<Record<string, unknown>> {
    const all = { connection, secret, ...variables };
    return execute(this.#tenant, endpoint, { query, variables: all, ...how });
  }
}
