/** How a subscription behaves. */

import type { Checkpoint } from './types.js';
import { isUlid } from './ulid.js';

/** The API refuses more. */
const MOST_PER_PAGE = 200;

/** Times in milliseconds; the defaults suit AppSync. */
export interface Tuning {
  /** History is read again from this long before the last message, */
  readonly overlapMs: number;
  /** or from this long before, in a region not used before. */
  readonly reachMs: number;
  /** Messages a history page. */
  readonly pageLimit: number;
  /** Failures of history before the connection counts as failed. */
  readonly historyAttempts: number;
  /** Ids remembered in order to drop doubles. */
  readonly seenLimit: number;
  /** By how much this machine's clock may run ahead. */
  readonly clockToleranceMs: number;
  /** Until connection_ack. */
  readonly connectTimeoutMs: number;
  /** Until start_ack. */
  readonly startTimeoutMs: number;
  /** Until a page of history. */
  readonly historyTimeoutMs: number;
  /** How often the server says `ka`. */
  readonly keepAliveMs: number;
  /** So many keep-alive intervals of silence: the connection is dead. */
  readonly silenceFactor: number;
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  /** Live for that long: failures before are forgotten. */
  readonly stableMs: number;
  /** Failed attempts in a row, or time without a connection, before the next region is tried. */
  readonly failoverAttempts: number;
  readonly failoverMs: number;
  /** While failed over, how often home is tried. */
  readonly homeProbeMs: number;
  /** Messages not yet read by the consumer. */
  readonly bufferLimit: number;
  /** Live messages held while history is read. */
  readonly holdLimit: number;
}

/**
 * At most one of these says where to begin; without any, only what is published from now on is
 * delivered. `after` (an id): what is newer. `replayMs`: what the last so many milliseconds
 * brought. `checkpoint`: continue another subscriber.
 */
export interface Beginning {
  readonly after?: string | undefined;
  readonly replayMs?: number | undefined;
  readonly checkpoint?: Checkpoint | undefined;
}

export type Options = Tuning & Beginning;

export const DEFAULTS: Tuning = {
  overlapMs: 120_000,
  reachMs: 900_000,
  pageLimit: 100,
  historyAttempts: 3,
  seenLimit: 10_000,
  clockToleranceMs: 2_000,
  connectTimeoutMs: 10_000,
  startTimeoutMs: 10_000,
  historyTimeoutMs: 10_000,
  keepAliveMs: 60_000,
  silenceFactor: 1.3,
  backoffBaseMs: 500,
  backoffCapMs: 30_000,
  stableMs: 10_000,
  failoverAttempts: 3,
  failoverMs: 15_000,
  homeProbeMs: 30_000,
  bufferLimit: 1_000,
  holdLimit: 1_000,
};

/** The options in full; throws RangeError for what cannot work. */
export function completeOptions(given: Partial<Tuning> & Beginning): Options {
  const options: Options = { ...DEFAULTS, ...given };
  const beginnings = [options.after, options.replayMs, options.checkpoint];
  if (beginnings.filter((beginning) => beginning !== undefined).length > 1) {
    throw new RangeError('give one of after, replayMs and checkpoint');
  }
  if (options.after !== undefined && !isUlid(options.after)) {
    throw new RangeError(`after must be a ULID, not ${options.after}`);
  }
  if (options.pageLimit < 1 || options.pageLimit > Math.min(options.bufferLimit, MOST_PER_PAGE)) {
    throw new RangeError(`pageLimit must be from 1 to ${MOST_PER_PAGE} and bufferLimit`);
  }
  if (Math.min(options.holdLimit, options.seenLimit, options.failoverAttempts) < 1) {
    throw new RangeError('holdLimit, seenLimit and failoverAttempts must be at least 1');
  }
  return options;
}
