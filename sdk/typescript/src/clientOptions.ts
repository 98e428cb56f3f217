/** What an application tells a client, and each of its calls. */

import type { Auth } from './auth.js';
import type { Fetcher } from './graphql.js';
import type { Beginning, Tuning } from './options.js';
import type { SocketConstructor } from './transport.js';

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
  /** In place of the platform's. */
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

/** Which page of a channel's stored messages. */
export interface HistoryOptions {
  /** So many messages, the newest first. */
  readonly last?: number | undefined;
  /** That of the page before: older messages. */
  readonly nextToken?: string | null | undefined;
  /** Gives the question up. */
  readonly signal?: AbortSignal | undefined;
}

/** The limits of a request to the API. */
export interface AskOptions {
  /** Gives the question up. */
  readonly signal?: AbortSignal | undefined;
  /** How long one region may take to answer, in milliseconds (10,000). */
  readonly timeoutMs?: number | undefined;
}
