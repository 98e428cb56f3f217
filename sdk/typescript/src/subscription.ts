/** A channel's messages, for one consumer. */

import type { CheckpointOf } from './driver.js';
import { callAll } from './listeners.js';
import { EventQueue, type QueueHost } from './queue.js';
import { type Checkpoint, type Message, NO_MESSAGES, type StateEvent, type SubscriptionEvent } from './types.js';

/** What subscriptions need of their client; `key` is the subscription's number there. */
export interface SubscriptionHost extends QueueHost {
  isOwn(id: string): boolean;
  checkpoint(key: number, pending: readonly Message[]): Checkpoint | null;
  end(key: number, subscription: Subscription): Promise<void>;
}

/**
 * A channel's messages and the subscription's states: iterate over it. The iteration ends after a
 * `refused` state and after `close`; it throws BufferOverflowError if the consumer was too slow and
 * nothing is stored to catch up from.
 */
export class Subscription implements AsyncIterableIterator<SubscriptionEvent> {
  readonly channel: string;
  readonly #key: number;
  readonly #host: SubscriptionHost;
  readonly #skipOwn: boolean;
  readonly #queue: EventQueue;
  /** made for the first one: most subscriptions have none */
  #watchers: Set<(state: StateEvent) => void> | null = null;
  #state: StateEvent | null = null;
  /** what was dropped at `close` */
  #dropped = NO_MESSAGES;
  /** in place of the host's, after the end */
  #checkpoint: CheckpointOf | null = null;
  #closed: Promise<void> | null = null;

  /** Use `Client.subscribe`. */
  constructor(channel: string, key: number, host: SubscriptionHost, skipOwn: boolean) {
    this.channel = channel;
    this.#key = key;
    this.#host = host;
    this.#queue = new EventQueue(key, host);
    this.#skipOwn = skipOwn;
  }

  /** The state as it is now, whatever the iteration has given out; null before the first. */
  get state(): StateEvent | null {
    return this.#state;
  }

  /** Be told of each change of `state` when it happens. Returns what ends that. */
  onState(watcher: (state: StateEvent) => void): () => void {
    this.#watchers ??= new Set();
    this.#watchers.add(watcher);
    return () => {
      this.#watchers?.delete(watcher);
    };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /**
   * The next event. Several calls at once get the events in the order of the calls; all of them end
   * at `close`.
   */
  next(): Promise<IteratorResult<SubscriptionEvent>> {
    return this.#queue.next();
  }

  /** What `break` in a `for await` calls. */
  async return(): Promise<IteratorResult<SubscriptionEvent>> {
    await this.close();
    return { done: true, value: undefined };
  }

  /**
   * How far the iteration has come, for another subscription's `checkpoint` option: that one delivers
   * what this one's iteration has not given out, also after the end. Null if it has not been live.
   */
  checkpoint(): Checkpoint | null {
    const pending = [...this.#dropped, ...this.#queue.pending()];
    return this.#checkpoint === null
      ? this.#host.checkpoint(this.#key, pending)
      : this.#checkpoint(pending);
  }

  /** End the subscription and the iteration; what was not read is dropped. Resolves when it is done. */
  close(): Promise<void> {
    if (this.#closed === null) {
      this.#dropped = this.#queue.pending();
      this.#queue.clear();
      this.#queue.finish(null);
      this.#closed = this.#host.end(this.#key, this);
      this.#queue.clear();
    }
    return this.#closed;
  }

  /** For the client: an event of the machine. @internal */
  put(event: SubscriptionEvent): void {
    if (this.#closed !== null) {
      return;
    }
    if (event.type === 'state') {
      this.#state = event;
      this.#queue.put(event);
      if (this.#watchers !== null) {
        callAll(this.#watchers, event);
      }
      return;
    }
    const own = this.#host.isOwn(event.message.id);
    if (own && this.#skipOwn) {
      this.#host.taken(this.#key, event.message);
    } else {
      this.#queue.put({ ...event, own });
    }
  }

  /** For the client: no event comes any more. @internal */
  finish(error: Error | null, checkpoint: CheckpointOf): void {
    this.#checkpoint = checkpoint;
    this.#queue.finish(error);
  }
}
