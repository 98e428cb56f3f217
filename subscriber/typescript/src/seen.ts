import { LOWEST_ID } from './types.js';

/**
 * A bounded set of ids. The smallest are forgotten first; `evicted` is the largest forgotten, so
 * every id above it that was ever added is known.
 */
export class SeenIds {
  readonly #limit: number;
  readonly #sorted: string[];
  readonly #set: Set<string>;
  #evicted: string;

  constructor(limit: number, ids: readonly string[] = [], evicted = LOWEST_ID) {
    this.#limit = limit;
    this.#set = new Set(ids);
    this.#sorted = [...this.#set].sort();
    this.#evicted = evicted;
  }

  get evicted(): string {
    return this.#evicted;
  }

  has(id: string): boolean {
    return this.#set.has(id);
  }

  /** Whether the id is new. */
  add(id: string): boolean {
    if (this.#set.has(id)) {
      return false;
    }
    this.#set.add(id);
    this.#sorted.splice(this.#place(id), 0, id);
    if (this.#sorted.length > this.#limit) {
      const oldest = this.#sorted.shift() ?? id;
      this.#set.delete(oldest);
      this.#evicted = oldest > this.#evicted ? oldest : this.#evicted;
    }
    return true;
  }

  /** The ids, in order, except these. */
  without(ids: ReadonlySet<string>): string[] {
    return this.#sorted.filter((id) => !ids.has(id));
  }

  #place(id: string): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] ?? '') < id) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
