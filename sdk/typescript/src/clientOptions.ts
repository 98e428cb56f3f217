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
  /** A WebSocket class. Give that of the package `ws` where the platform has none (Node 20). */
  readonly WebSocket?: SocketConstructor | undefined;
  /** A fetch function. By default the platform's. */
  readonly fetch?: Fetcher | undefined;
  /** Random numbers from 0 up to, not including, 1. By default `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** This machine's clock in milliseconds since 1970. By default `Date.now`. */
  readonly wall?: (() => number) | undefined;
  /** A monotonic clock in milliseconds. By default `performance.now`. */
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
  /** Closes the subscription when it is aborted; the iteration ends. */
  readonly signal?: AbortSignal | undefined;
}

/** Which page of a channel's stored messages. */
export interface HistoryOptions {
  /** How many messages the page has, the newest first. */
  readonly last?: number | undefined;
  /** The `nextToken` of an earlier page, to read older messages. */
  readonly nextToken?: string | null | undefined;
  /** Gives the request up when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** The limits of a request to the API. */
export interface AskOptions {
  /** Gives the request up when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** How long one region may take to answer, in milliseconds (10,000). */
  readonly timeoutMs?: number | undefined;
}
