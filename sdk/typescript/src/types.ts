/** What applications pass in and get back: regions, messages, events. */

import { idAt, isUlid, timeOf } from './ulid.js';

/**
 * One region's API. `graphqlUrl` is http(s), `realtimeUrl` ws(s), as the stack has them. `apiKey` is
 * what `new ApiKey()` uses.
 */
export interface RegionEndpoint {
  readonly region: string;
  readonly graphqlUrl: string;
  readonly realtimeUrl: string;
  readonly apiKey?: string | undefined;
}

/**
 * One message. `name` is the channel, `publishedAt` ISO 8601, `region` its origin. `publisher` is
 * the user id that the API verified, `iam:` and a role's name, or null (published with an API key).
 */
export interface Message {
  readonly id: string;
  readonly name: string;
  readonly message: string;
  readonly publishedAt: string;
  readonly region: string;
  readonly publisher: string | null;
}

/** States of a subscription; README.md has the diagram. */
export type State = 'connecting' | 'live' | 'resuming' | 'failed-over' | 'kicked' | 'refused';

/**
 * A message of the channel, each id once. `source`: whether it came as it was published, or was read
 * from history. `own`: whether this client published it. `ageMs`: from its publishing to its arrival
 * here, by both clocks, never below 0.
 */
export interface MessageEvent {
  readonly type: 'message';
  readonly message: Message;
  readonly source: 'live' | 'history';
  readonly own: boolean;
  readonly ageMs: number;
}

/**
 * The subscription's state changed, or another attempt begins.
 *
 * `region` is the one in use or tried next. `gap` (live, failed-over): messages may have been
 * missed and cannot be recovered; so it is with a pattern (`orders:*`) after each interruption, because
 * history is by channel. `attempt` counts from 1 (connecting, resuming). `errorType` and
 * `reason` say why, where there is a why.
 */
export interface StateEvent {
  readonly type: 'state';
  readonly state: State;
  readonly region: string;
  readonly gap: boolean;
  readonly attempt: number;
  readonly errorType: string | null;
  readonly reason: string | null;
}

export type SubscriptionEvent = MessageEvent | StateEvent;

/**
 * How far a subscription has come, for another one to continue without gap or duplicates. Plain data
 * for JSON; the Python client reads the same.
 *
 * `floor`: nothing at or below this id is read from history. `evicted`: ids up to here may have
 * been delivered although `seen` has them no more. `positionMs`: newest message delivered.
 * `readUpToMs`: by region, up to when its stream is known to have been read. `seen`: ids delivered,
 * oldest first. Times are milliseconds since 1970.
 */
export interface Checkpoint {
  readonly floor: string;
  readonly evicted: string;
  readonly positionMs: number;
  readonly readUpToMs: Readonly<Record<string, number>>;
  readonly seen: readonly string[];
}

export const LOWEST_ID = idAt(0);

/** One list for all that have none. */
export const NO_MESSAGES: readonly Message[] = [];

/** A decoded JSON value that is an object, or null. */
export function objectOf(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
}

/** The message in a decoded JSON value of the API, or null if it is no complete one. */
export function parseMessage(value: unknown): Message | null {
  const { id, name, message, publishedAt, publisher, region } = objectOf(value) ?? {};
  if (
    typeof id !== 'string' ||
    typeof name !== 'string' ||
    typeof message !== 'string' ||
    typeof publishedAt !== 'string' ||
    typeof region !== 'string' ||
    !isUlid(id)
  ) {
    return null;
  }
  const by = typeof publisher === 'string' ? publisher : null;
  return { id, name, message, publishedAt, region, publisher: by };
}

/** `publishedAt` in milliseconds since 1970; the id's time if it is not an instant. */
export function publishedTime(message: Message): number {
  const published = Date.parse(message.publishedAt);
  return Number.isNaN(published) ? timeOf(message.id) : published;
}

/**
 * A message's time, milliseconds since 1970: the smaller of the id's time and
 * `publishedAt`. Publishers may choose the id, and one from the future must not move a
 * subscriber's position there.
 */
export function messageTime(message: Message): number {
  return Math.min(timeOf(message.id), publishedTime(message));
}
