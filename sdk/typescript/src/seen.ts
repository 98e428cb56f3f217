import { LOWEST_ID } from './types.js';
import { idNotAfter } from './ulid.js';

/**
 * The ids that were delivered last, `limit` or a few more, and the time of each.
 *
 * Publishers choose ids, so an id says nothing about when it may be forgotten, and its *place* in
 * time, `idNotAfter` its time, is never later than when its message was published. Every message
 * with a place above `evicted` that was ever added is known.
 */
export class SeenIds {
  readonly #limit: number;
  /** made for the first one: many channels are quiet */
  #times: Map<string, number> | null = null;
  #evicted: string;

  constructor(limit: number, times: Iterable<readonly [id: string, ms: number]> = [], evicted = LOWEST_ID) {
    this.#limit = limit;
    this.#evicted = evicted;
    for (const [id, ms] of times) {
      this.add(id, ms);
    }
  }

  get evicted(): string {
    return this.#evicted;
  }

  has(id: string): boolean {
    return this.#times?.has(id) === true;
  }

  /** Whether the id is new. `ms` is when it was published. */
  add(id: string, ms: number): boolean {
    this.#times ??= new Map();
    if (this.#times.has(id)) {
      return false;
    }
    this.#times.set(id, ms);
    if (this.#times.size > this.#limit + Math.floor(this.#limit / 16)) {
      // A map looks for its first entry from where the first one ever was: so many at a time.
      this.#forgetOldest(this.#times);
    }
    return true;
  }

  /** The ids, as they were delivered, except these. */
  without(ids: ReadonlySet<string>): string[] {
    return [...(this.#times?.keys() ?? [])].filter((id) => !ids.has(id));
  }

  #forgetOldest(times: Map<string, number>): void {
    for (const [id, ms] of times) {
      if (times.size <= this.#limit) {
        return;
      }
      times.delete(id);
      const place = idNotAfter(id, ms);
      this.#evicted = place > this.#evicted ? place : this.#evicted;
    }
  }
}
