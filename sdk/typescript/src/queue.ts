import type { Message, SubscriptionEvent } from './types.js';

const STATES = 64;

/** Is told of each message that is given out; `key` is the subscription's number. */
export interface QueueHost {
  taken(key: number, message: Message): void;
}

/**
 * Events between the machine and its consumer, first in, first out. The machine bounds the
 * messages; of states the newest 64 are kept.
 */
export class EventQueue {
  readonly #key: number;
  readonly #host: QueueHost;
  readonly #events: SubscriptionEvent[] = [];
  #states = 0;
  #finished = false;
  #error: unknown = null;
  /** those that wait for an event, in their order; most consumers ask one at a time */
  #waiting: (() => void)[] | null = null;
  /** how many were woken, and have not taken theirs yet */
  #woken = 0;

  constructor(key: number, host: QueueHost) {
    this.#key = key;
    this.#host = host;
  }

  /** Append an event. */
  put(event: SubscriptionEvent): void {
    this.#events.push(event);
    if (event.type === 'state') {
      this.#states += 1;
      if (this.#states > STATES) {
        this.#events.splice(
          this.#events.findIndex(({ type }) => type === 'state'),
          1,
        );
        this.#states -= 1;
      }
    }
    this.#wake();
  }

  /** Nothing comes any more; the first call decides about the error. */
  finish(error: unknown): void {
    if (!this.#finished) {
      this.#finished = true;
      this.#error = error;
    }
    this.#wake();
  }

  /** The messages that were not taken. */
  pending(): Message[] {
    return this.#events.flatMap((event) => (event.type === 'message' ? [event.message] : []));
  }

  /** Forget what was not taken. */
  clear(): void {
    this.#events.length = 0;
    this.#states = 0;
  }

  /**
   * The next event, or that it is the end; throws the error that ended it, once. Several calls at
   * once are served in their order.
   */
  async next(): Promise<IteratorResult<SubscriptionEvent>> {
    if (this.#woken > 0 || (this.#events.length === 0 && !this.#finished)) {
      await new Promise<void>((resolve) => {
        if (this.#waiting === null) {
          this.#waiting = [resolve];
        } else {
          this.#waiting.push(resolve);
        }
        this.#wake();
      });
      this.#woken -= 1;
    }
    const event = this.#events.shift();
    if (event === undefined) {
      const error = this.#error;
      this.#error = null;
      if (error !== null) {
        throw error as Error;
      }
      return { done: true, value: undefined };
    }
    if (event.type === 'message') {
      this.#host.taken(this.#key, event.message);
    } else {
      this.#states -= 1;
    }
    return { done: false, value: event };
  }

  /** Wake as many as there are events for, at the end all. */
  #wake(): void {
    while (this.#waiting !== null && (this.#finished || this.#events.length > this.#woken)) {
      const [next, ...others] = this.#waiting;
      this.#waiting = others.length > 0 ? others : null;
      this.#woken += 1;
      next?.();
    }
  }
}
