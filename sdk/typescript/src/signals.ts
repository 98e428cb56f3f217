/**
 * What goes into the machine (inputs) and what it wants done (commands): plain data.
 *
 * Subscriptions, connections and requests are numbered. Inputs about what the machine has dropped
 * are ignored.
 */

import type { ClientError } from './errors.js';
import type { Beginning } from './options.js';
import type { Frame } from './protocol.js';
import type { ResumePosition } from './position.js';
import type { PresenceEvent } from './roster.js';
import type { Message, SubscriptionEvent } from './types.js';

/** What became of one channel's page; `errorType` is null if the API did not answer. */
export type PageAnswer =
  | { readonly items: readonly Message[]; readonly nextToken: string | null }
  | { readonly errorType: string | null; readonly message: string };

/**
 * `taken`: the consumer read the message. `end`: it wants no more. `closed`: the connection closed,
 * or could not be opened. `pages`: answers in the order of the request, null for a channel that got
 * none because of another one's error.
 */
export type Input =
  | {
      readonly type: 'begin';
      readonly subscription: number;
      readonly channel: string;
      readonly beginning: Beginning;
      /** who is in the channel, instead of its messages: there is no history of that */
      readonly presence?: boolean;
    }
  | { readonly type: 'taken'; readonly subscription: number; readonly message: Message }
  | { readonly type: 'end'; readonly subscription: number }
  | { readonly type: 'received'; readonly connection: number; readonly frame: Frame }
  | { readonly type: 'closed'; readonly connection: number; readonly reason: string }
  | {
      readonly type: 'pages';
      readonly request: number;
      readonly answers: readonly (PageAnswer | null)[];
    }
  | { readonly type: 'timer'; readonly name: string };

/** One channel's page: after an id, oldest first; or (`after` null) the newest, newest first. */
export interface PageQuery {
  readonly channel: string;
  readonly after: string | null;
  readonly limit: number;
  readonly nextToken: string | null;
}

/** Ask a region (its place in the list) for pages of history. */
export interface Fetch {
  readonly type: 'fetch';
  readonly request: number;
  readonly region: number;
  readonly pages: readonly PageQuery[];
}

/**
 * open: connect and send connection_init. start, stop: a subscription on it. drop: close it.
 * abandon: a request. renew: the connection's credentials were refused, get others. set-timer replaces one of the
 * same name. presence: a change of it. finish: no event of the subscription comes after those emitted, but the error, if
 * there is one.
 */
export type Command =
  | { readonly type: 'open'; readonly connection: number; readonly region: number }
  | {
      readonly type: 'start';
      readonly connection: number;
      readonly id: string;
      readonly channel: string;
      readonly presence: boolean;
    }
  | { readonly type: 'stop'; readonly connection: number; readonly id: string }
  | { readonly type: 'drop'; readonly connection: number }
  | Fetch
  | { readonly type: 'abandon'; readonly request: number }
  | { readonly type: 'renew'; readonly connection: number }
  | { readonly type: 'set-timer'; readonly name: string; readonly ms: number }
  | { readonly type: 'cancel-timer'; readonly name: string }
  | { readonly type: 'emit'; readonly subscription: number; readonly event: SubscriptionEvent }
  | { readonly type: 'presence'; readonly subscription: number; readonly event: PresenceEvent | null }
  | {
      readonly type: 'finish';
      readonly subscription: number;
      readonly error: ClientError | null;
      /** how far it came */
      readonly position: ResumePosition;
    };
