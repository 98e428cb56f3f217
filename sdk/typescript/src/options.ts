/** How a client behaves, and where a subscription begins. */

import type { Checkpoint } from './types.js';
import { isUlid } from './ulid.js';

/** The API refuses more. */
export const MOST_PER_PAGE = 200;

/** As many messages as a rewind may bring: more than a buffer holds is for history. */
const MOST_REWOUND = 1_000;

/** Times in milliseconds, Infinity for never; the defaults suit AppSync. */
export interface Tuning {
  /** Subscriptions a connection; AppSync accepts 200. */
  readonly subscriptionsPerConnection: number;
  /** Subscriptions of one connection that are started at the same time. */
  readonly startsAtOnce: number;
  /** History is read again from this long before the last message, */
  readonly overlapMs: number;
  /** or from this long before, in a region not used before. */
  readonly lookbackMs: number;
  /** History is read once more so long after `start_ack`: delivery may begin later than that says. */
  readonly settleMs: number;
  /** At rest history is read this often. Each read costs a request of up to 50 channels. */
  readonly rereadMs: number;
  /** Messages a history page. */
  readonly pageLimit: number;
  /** Channels whose history one request reads. */
  readonly historyBatch: number;
  /** So many failures of history end the subscription; another one is started. */
  readonly historyAttempts: number;
  /** Ids remembered by channel in order to drop duplicates. */
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
  /** Before another attempt: a random time up to this, doubled with each, */
  readonly backoffBaseMs: number;
  /** and never longer than this. */
  readonly backoffCapMs: number;
  /** Live for that long: failures before are forgotten. */
  readonly stableMs: number;
  /** Failed attempts in a row before the next region is tried, */
  readonly failoverAttempts: number;
  /** or time without a connection. */
  readonly failoverMs: number;
  /** While failed over, how often home is tried. */
  readonly homeProbeMs: number;
  /** Messages of a channel that the consumer has not read. */
  readonly bufferLimit: number;
  /** The same of all channels, in bytes. */
  readonly bufferBytes: number;
  /** Live messages of a channel that wait while history is read. */
  readonly holdLimit: number;
}

/**
 * At most one of these says where to begin; without any, only what is published from now on is
 * delivered.
 */
export interface Beginning {
  /** The newest so many messages that are stored in the region, at most 1,000, then live; 0 is none. */
  readonly rewind?: number | undefined;
  /** What is newer than this id. */
  readonly after?: string | undefined;
  /** What the last so many milliseconds brought. */
  readonly replayMs?: number | undefined;
  /** Continue another subscription: what its iteration has not given out. */
  readonly checkpoint?: Checkpoint | undefined;
}

/** What `Tuning` is where nothing is said. */
export const DEFAULTS: Tuning = {
  subscriptionsPerConnection: 200,
  startsAtOnce: 50,
  overlapMs: 120_000,
  lookbackMs: 900_000,
  settleMs: 8_000,
  rereadMs: Infinity,
  pageLimit: 100,
  historyBatch: 50,
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
  bufferBytes: 64 * 1024 * 1024,
  holdLimit: 1_000,
};

/** The least that can work. There is no most: Infinity is never, or no bound. */
const LEAST: Tuning = {
  subscriptionsPerConnection: 1,
  startsAtOnce: 1,
  overlapMs: 0,
  lookbackMs: 0,
  settleMs: 0,
  rereadMs: 1,
  pageLimit: 1,
  historyBatch: 1,
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
  bufferBytes: 1,
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
export function completeTuning(given: Partial<Tuning>): Tuning {
  const options = checked('Client', DEFAULTS, LEAST, given);
  if (options.pageLimit > Math.min(options.bufferLimit, MOST_PER_PAGE)) {
    throw new RangeError(`pageLimit must be from 1 to ${MOST_PER_PAGE} and bufferLimit`);
  }
  return options;
}

/** Throws RangeError for a beginning that cannot be. */
export function checkBeginning(given: Beginning): void {
  const { after, checkpoint, replayMs, rewind } = given;
  if ([after, replayMs, checkpoint, rewind].filter((each) => each !== undefined).length > 1) {
    throw new RangeError('give one of rewind, after, replayMs and checkpoint');
  }
  if (after !== undefined && !isUlid(after)) {
    throw new RangeError(`after must be a ULID, not ${after}`);
  }
  if (replayMs !== undefined && !(replayMs >= 0)) {
    throw new RangeError('subscribe: replayMs must be a number from 0 on');
  }
  if (rewind !== undefined && !(Number.isInteger(rewind) && rewind >= 0 && rewind <= MOST_REWOUND)) {
    throw new RangeError(`subscribe: rewind must be a whole number from 0 to ${MOST_REWOUND}`);
  }
}
