/** One region of the scripted world: what it stores, who is connected, how it fails. */

import type { Connection, Json } from './world.js';

export interface Query {
  readonly channel: string;
  /** null: the newest, newest first */
  readonly after: string | null;
  readonly limit: number;
  readonly nextToken: string | null;
}

export type Answer = (document: Json) => void;

/** One subscription; what is delivered before `beginsMs` does not reach it. */
interface Subscribed {
  readonly channel: string;
  readonly beginsMs: number;
}

/** Whether a subscription to a channel, or to a pattern, gets the messages of the channel `name`. */
export function covers(channel: string, name: string): boolean {
  return channel.endsWith(':*') ? name.startsWith(channel.slice(0, -1)) : name === channel;
}

export class Region {
  readonly stored = new Map<string, Json>();
  /** each connection's subscriptions, by id */
  connections = new Map<Connection, Map<string, Subscribed>>();
  /** how long after start_ack delivery begins */
  lateMs = 0;
  down = false;
  silent = false;
  /** by channel */
  readonly refusals = new Map<unknown, Json>();
  history = 'ok';
  pagesLeft: number | null = null;
  held: { query: Query; answer: Answer }[] = [];

  /** How `history` answers from now on; what was held is answered, unless it is still to be held. */
  historyMode(mode: string): void {
    this.history = mode;
    if (!mode.startsWith('hold')) {
      for (const { query, answer } of this.held.splice(0)) {
        answer(this.page(query));
      }
    }
  }

  /** The page, or {errorType, message}. */
  page(query: Query): Json {
    if (this.down) {
      return { errorType: null, message: 'connection refused' };
    }
    if (query.channel.endsWith('*')) {
      return { errorType: 'InvalidChannelName', message: 'not a channel name' };
    }
    switch (this.history) {
      case 'disabled':
        return { errorType: 'HistoryDisabled', message: 'nothing is stored here' };
      case 'refused':
        return { errorType: 'ChannelNotAllowed', message: 'channel is not allowed' };
      case 'error':
        return { errorType: null, message: 'HTTP 500' };
    }
    if (this.pagesLeft !== null) {
      this.pagesLeft -= 1;
      if (this.pagesLeft === 0) {
        this.history = 'hold';
        this.pagesLeft = null;
      }
    }
    // The token is the last id of the page before.
    const { after, channel, nextToken: token } = query;
    const stored = [...this.stored].filter(([, { name }]) => name === channel).map(([id]) => id);
    const ids =
      after === null
        ? stored.filter((id) => token === null || id < token).sort().reverse()
        : stored.filter((id) => id > (token ?? after)).sort();
    const page = ids.slice(0, query.limit);
    const nextToken = ids.length > query.limit ? page.at(-1) : null;
    return { items: page.map((id) => this.stored.get(id)), nextToken };
  }
}
