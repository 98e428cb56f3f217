/** How a subscription behaves. */

import type { Checkpoint } from './types.js';
import { isUlid } from './ulid.js';

/** The API refuses more. */
const MOST_PER_PAGE = 200;

/** Times in milliseconds, Infinity for never; the defaults suit AppSync. */
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

/** The least that can work. There is no most: Infinity is never, or no bound. */
const LEAST: Tuning = {
  overlapMs: 0,
  reachMs: 0,
  pageLimit: 1,
  historyAttempts: 1,
  seenLimit: 1,
  clockToleranceMs: 0,
  connectTimeoutMs: 1,
  startTimeoutMs: 1,
  historyTimeoutMs: 1,
  keepAliveMs: 1,
  silenceFactor: 1,
  backoffBaseMs: 1,
  backoffCapMs: 1,
  stableMs: 0,
  failoverAttempts: 1,
  failoverMs: 0,
  homeProbeMs: 1,
  bufferLimit: 1,
  holdLimit: 1,
};

/** The numbers in full, those left out or undefined by default; RangeError for one that is none. */
export function checked<T extends object>(what: string, defaults: T, least: T, given: object): T {
  const all = { ...defaults };
  for (const name of Object.keys(defaults) as (keyof T & string)[]) {
    const value = (given as Partial<T>)[name] ?? defaults[name];
    if (typeof value !== 'number' || !(value >= (least[name] as number))) {
      throw new RangeError(`${what}: ${name} must be a number from ${String(least[name])} on`);
    }
    all[name] = value;
  }
  return all;
}

/** The options in full; throws RangeError for what cannot work. */
export function completeOptions(given: Partial<Tuning> & Beginning): Options {
  const { after, checkpoint, replayMs } = given;
  const options: Options = {
    ...checked('subscribe', DEFAULTS, LEAST, given),
    after,
    checkpoint,
    replayMs,
  };
  if ([after, replayMs, checkpoint].filter((each) => each !== undefined).length > 1) {
    throw new RangeError('give one of after, replayMs and checkpoint');
  }
  if (after !== undefined && !isUlid(after)) {
    throw new RangeError(`after must be a ULID, not ${after}`);
  }
  if (replayMs !== undefined && !(replayMs >= 0)) {
    throw new RangeError('subscribe: replayMs must be a number from 0 on');
  }
  if (options.pageLimit > Math.min(options.bufferLimit, MOST_PER_PAGE)) {
    throw new RangeError(`pageLimit must be from 1 to ${MOST_PER_PAGE} and bufferLimit`);
  }
  return options;
}
