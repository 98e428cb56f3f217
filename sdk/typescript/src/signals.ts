/**
 * What goes into the machine (inputs) and what it wants done (commands): plain data.
 *
 * A *link* is one WebSocket connection with its subscription; links and requests are numbered by
 * the machine. Inputs about a link or request that the machine has dropped are ignored.
 */

import type { SubscriberError } from './errors.js';
import type { Frame } from './protocol.js';
import type { Message, SubscriptionEvent } from './types.js';

/** The consumer took so many messages (`taken`), wants no more (`stop`); `closed`: or could not open. */
export type Input =
  | { readonly type: 'begin' }
  | { readonly type: 'received'; readonly link: number; readonly frame: Frame }
  | { readonly type: 'closed'; readonly link: number; readonly reason: string }
  | {
      readonly type: 'page';
      readonly request: number;
      readonly items: readonly Message[];
      readonly nextToken: string | null;
    }
  | {
      readonly type: 'page-failed';
      readonly request: number;
      /** null if the API did not answer */
      readonly errorType: string | null;
      readonly message: string;
    }
  | { readonly type: 'timer'; readonly name: string }
  | { readonly type: 'taken'; readonly messages: number }
  | { readonly type: 'stop' };

/** Ask a region (its place in the list) for a page of history. */
export interface Fetch {
  readonly type: 'fetch';
  readonly request: number;
  readonly link: number;
  readonly region: number;
  readonly after: string;
  readonly limit: number;
  readonly nextToken: string | null;
}

/**
 * open: connect and send connection_init. subscribe: send start. drop: unsubscribe if subscribed,
 * close, abandon its requests. set-timer replaces one of the same name. finish: no event comes
 * after those emitted, but the error, if there is one.
 */
export type Command =
  | { readonly type: 'open'; readonly link: number; readonly region: number }
  | { readonly type: 'subscribe'; readonly link: number }
  | { readonly type: 'drop'; readonly link: number }
  | Fetch
  | { readonly type: 'set-timer'; readonly name: string; readonly ms: number }
  | { readonly type: 'cancel-timer'; readonly name: string }
  | { readonly type: 'emit'; readonly event: SubscriptionEvent }
  | { readonly type: 'finish'; readonly error: SubscriberError | null };
