/** How a client behaves, and where a subscription begins. */

import { type Checkpoint, objectOf } from './types.js';
import { isUlid } from './ulid.js';

/** The API refuses more. */
export const MOST_PER_PAGE = 200;

/** As many messages as a rewind may bring: more than a buffer holds is for history. */
const MOST_REWOUND = 1_000;

/** How a client behaves. Times are in milliseconds, Infinity means never; the defaults suit AppSync. */
export interface Tuning {
  /** How many subscriptions share a connection. AppSync accepts 200. */
  readonly subscriptionsPerConnection: number;
  /** How many subscriptions of one connection may be starting at the same time. */
  readonly startsAtOnce: number;
  /** After a lost connection, history is read from this long before the last message. */
  readonly overlapMs: number;
  /** In a region that was not used before, history is read from this long before the last message. */
  readonly lookbackMs: number;
  /** How long after `start_ack` history is read once more. AWS may begin to deliver later than it says. */
  readonly settleMs: number;
  /** How often history is read while nothing is wrong. Each reading costs a request for up to 50 channels. */
  readonly rereadMs: number;
  /** How many messages a page of history has. */
  readonly pageLimit: number;
  /** How many channels' histories one request reads. */
  readonly historyBatch: number;
  /** After this many failures to read history, the subscription has failed, and is started again. */
  readonly historyAttempts: number;
  /** How many ids of a channel are remembered, to drop duplicates. */
  readonly seenLimit: number;
  /** How far this machine's clock may run ahead. */
  readonly clockToleranceMs: number;
  /** How long the server may take to send `connection_ack`. */
  readonly connectTimeoutMs: number;
  /** How long the server may take to send `start_ack`. */
  readonly startTimeoutMs: number;
  /** How long a page of history may take. */
  readonly historyTimeoutMs: number;
  /** How often the server sends `ka`. */
  readonly keepAliveMs: number;
  /** After this many keep-alive intervals of silence, the connection counts as dead. */
  readonly silenceFactor: number;
  /** The wait before another attempt is random, up to this long. It doubles with each attempt. */
  readonly backoffBaseMs: number;
  /** The longest wait before another attempt. */
  readonly backoffCapMs: number;
  /** A connection that has been live for this long makes earlier failures forgotten. */
  readonly stableMs: number;
  /** After this many failed attempts in a row, the next region is tried. */
  readonly failoverAttempts: number;
  /** After this long without a connection, the next region is tried. */
  readonly failoverMs: number;
  /** How often home is tried while another region is in use. */
  readonly homeProbeMs: number;
  /** How many unread messages of a channel are buffered. */
  readonly bufferLimit: number;
  /** How many bytes of unread messages of all channels are buffered. */
  readonly bufferBytes: number;
  /** How many live messages of a channel are held while history is read. */
  readonly holdLimit: number;
}

/**
 * At most one of these says where to begin; without any, only what is published from now on is
 * delivered.
 */
export interface Beginning {
  /** Begin with this many of the newest messages that the region stores: 0 to 1,000. */
  readonly rewind?: number | undefined;
  /** Begin after the message with this id. */
  readonly after?: string | undefined;
  /** Begin with the messages of the last so many milliseconds. */
  readonly replayMs?: number | undefined;
  /** Continue another subscription, after the last message that it delivered. Null is none. */
  readonly checkpoint?: Checkpoint | null | undefined;
}

/** The default of each option. */
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
  const { after, replayMs, rewind } = given;
  const checkpoint = given.checkpoint ?? undefined;
  if ([after, replayMs, checkpoint, rewind].filter((each) => each !== undefined).length > 1) {
    throw new RangeError('give one of rewind, after, replayMs and checkpoint');
  }
  if (after !== undefined && !isUlid(after)) {
    throw new RangeError(`after must be a ULID, not ${after}`);
  }
  if (checkpoint !== undefined && !isCheckpoint(checkpoint)) {
    throw new RangeError('checkpoint must be what checkpoint() of a subscription gave, since version 0.2.0');
  }
  if (replayMs !== undefined && !(replayMs >= 0)) {
    throw new RangeError('subscribe: replayMs must be a number from 0 on');
  }
  if (rewind !== undefined && !(Number.isInteger(rewind) && rewind >= 0 && rewind <= MOST_REWOUND)) {
    throw new RangeError(`subscribe: rewind must be a whole number from 0 to ${MOST_REWOUND}`);
  }
}

/** Whether the value, which may come from any store, has all that a checkpoint has. */
function isCheckpoint(value: unknown): boolean {
  const { evicted, floor, positionMs, readUpToMs, seen } = objectOf(value) ?? {};
  const times = objectOf(readUpToMs);
  return (
    [floor, evicted].every((id) => typeof id === 'string' && isUlid(id)) &&
    times !== null &&
    [positionMs, ...Object.values(times)].every((ms) => Number.isFinite(ms)) &&
    Array.isArray(seen) &&
    seen.every((id) => typeof id === 'string')
  );
}
