/**
 * Reading a region's history while its live messages already arrive, and merging the two.
 *
 * One pass reads page after page to the end; live messages that arrive meanwhile are held and
 * merged in id order. What cannot be held is not lost: it is remembered as missed, and another
 * pass reads it.
 */

import { type Message, messageTime } from './types.js';
import { idBefore, timeOf } from './ulid.js';

function inOrder(messages: Message[]): Message[] {
  return messages.sort((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id)));
}

/** The page to ask for. */
export interface PageRequest {
  readonly after: string;
  readonly nextToken: string | null;
}

/** The passes of one link. */
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

  constructor(holdLimit: number) {
    this.#holdLimit = holdLimit;
  }

  /** Read from this id on, exclusively; a missed message before it stays missed. */
  begin(after: string): void {
    this.#after = after;
    this.#token = null;
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
    if (this.#after === null && this.#missed !== null) {
      this.begin(idBefore(this.#missed));
      this.#missed = null;
    }
    return this.#after === null ? null : { after: this.#after, nextToken: this.#token };
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
    this.#missed = null;
    this.passedOnce = true;
    return inOrder(held);
  }

  /** Up to when the stream was read: a time, null for up to now, undefined for not at all. */
  covered(): number | null | undefined {
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
