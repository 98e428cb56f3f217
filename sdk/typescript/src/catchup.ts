/**
 * Reading a region's history while its live messages already arrive, and merging the two.
 *
 * One pass reads page after page to the end; live messages that arrive meanwhile are held and
 * merged in id order. What cannot be held is not lost: it is remembered as missed, and another
 * pass reads it.
 */

import { LOWEST_ID, type Message, messageTime, NO_MESSAGES } from './types.js';
import { idBefore, timeOf } from './ulid.js';

function inOrder(messages: Message[]): Message[] {
  return messages.sort((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id)));
}

/** The page to ask for: `after` is null for the newest messages; `most` bounds it. */
export interface PageRequest {
  readonly after: string | null;
  readonly nextToken: string | null;
  readonly most: number;
}

/** What a rewind found: `floor` is the id below which nothing was asked for. */
export interface Rewound {
  readonly floor: string;
  readonly messages: Message[];
}

/** The passes of one attachment. */
export class CatchUp {
  /** Whether a pass was completed. */
  passedOnce = false;
  /** Whether live messages came faster than they could be kept. */
  overflowed = false;
  readonly #holdLimit: number;
  #held: Message[] = [];
  #missed: string | null = null;
  #after: string | null = null;
  #token: string | null = null;
  #cursorMs: number | null = null;
  /** How many of the newest messages are still to be read; null outside a rewind. */
  #rewind: number | null = null;
  #newest = NO_MESSAGES;

  constructor(holdLimit: number) {
    this.#holdLimit = holdLimit;
  }

  /** Read from this id on, exclusively; a missed message before it stays missed. */
  begin(after: string): void {
    this.#after = after;
    this.#token = null;
  }

  /** Read the newest so many messages. */
  rewind(count: number): void {
    this.#rewind = count;
    this.#newest = NO_MESSAGES;
    this.#token = null;
  }

  /** Whether it is a rewind's page that is asked for. */
  get rewinding(): boolean {
    return this.#rewind !== null;
  }

  /** A live message that must wait for its place. */
  hold(message: Message): void {
    if (this.#held.length < this.#holdLimit) {
      this.#held.push(message);
    } else {
      this.miss(message.id);
      this.overflowed = true;
    }
  }

  /** A live message from this id on was not kept: history has to bring it. */
  miss(id: string): void {
    if (this.#missed === null || id < this.#missed) {
      this.#missed = id;
    }
  }

  /** The page to ask for, or null if all is read. */
  nextPage(): PageRequest | null {
    if (this.#rewind !== null) {
      return { after: null, nextToken: this.#token, most: this.#rewind };
    }
    if (this.#after === null && this.#missed !== null) {
      this.begin(idBefore(this.#missed));
      this.#missed = null;
    }
    const after = this.#after;
    return after === null ? null : { after, nextToken: this.#token, most: Infinity };
  }

  /** A rewind's page, newest first. Null if another one follows, else all that can be delivered. */
  rewound(items: readonly Message[], nextToken: string | null): Rewound | null {
    const left = (this.#rewind ?? 0) - items.length;
    this.#newest = this.#newest.concat(items);
    if (left > 0 && nextToken !== null) {
      this.#rewind = left;
      this.#token = nextToken;
      return null;
    }
    // If fewer are stored than were asked for, whatever is stored later belongs to them.
    const floor = left > 0 ? LOWEST_ID : (this.#newest.at(-1)?.id ?? LOWEST_ID);
    const messages = inOrder(this.#newest.concat(this.#held));
    this.#rewind = null;
    this.#token = null;
    this.#newest = NO_MESSAGES;
    this.#held = [];
    this.passedOnce = true;
    return { floor, messages };
  }

  /**
   * What can be delivered after this page, in id order; ids may repeat. `wanted` are those of the
   * page's items that may be delivered.
   */
  page(
    items: readonly Message[],
    nextToken: string | null,
    wanted: readonly Message[],
  ): Message[] {
    const last = items.at(-1)?.id;
    let ready = [...wanted];
    this.#token = nextToken;
    if (nextToken === null) {
      ready = ready.concat(this.#held);
      this.#held = [];
      this.#after = null;
      this.passedOnce = true;
    } else if (last !== undefined) {
      ready = ready.concat(this.#held.filter((message) => message.id <= last));
      this.#held = this.#held.filter((message) => message.id > last);
    }
    for (const item of items) {
      this.#cursorMs = Math.max(this.#cursorMs ?? 0, messageTime(item));
    }
    return inOrder(ready);
  }

  /** There is no history: what was held, in id order. */
  giveUp(): Message[] {
    const held = this.#held;
    this.#held = [];
    this.#after = null;
    this.#rewind = null;
    this.#missed = null;
    this.passedOnce = true;
    return inOrder(held);
  }

  /** Up to when the stream was read: a time, null for up to now, undefined for not at all. */
  readUpTo(): number | null | undefined {
    const undelivered = this.#held.map(messageTime);
    if (this.#missed !== null) {
      undelivered.push(timeOf(this.#missed));
    }
    if (this.#after !== null && this.passedOnce) {
      undelivered.push(timeOf(this.#after));
    }
    if (!this.passedOnce) {
      if (this.#cursorMs === null) {
        return undefined;
      }
      undelivered.push(this.#cursorMs);
    }
    return undelivered.length === 0 ? null : Math.min(...undelivered);
  }
}
