import { LOWEST_ID } from './types.js';

/**
 * The ids that were delivered last, at most `limit`, and the time of each.
 *
 * Publishers choose ids, so an id says nothing about when it may be forgotten, and its *place* in
 * time is never later than when its message was published. Every message with a place above
 * `evicted` that was ever added is known.
 */
export class SeenIds {
  readonly #limit: number;
  readonly #places = new Map<string, string>();
  #evicted: string;

  constructor(
    limit: number,
    places: Iterable<readonly [id: string, place: string]> = [],
    evicted = LOWEST_ID,
  ) {
    this.#limit = limit;
    this.#evicted = evicted;
    for (const [id, place] of places) {
      this.add(id, place);
    }
  }

  get evicted(): string {
    return this.#evicted;
  }

  has(id: string): boolean {
    return this.#places.has(id);
  }

  /** Whether the id is new. `place` is an id of the time at which it was published. */
  add(id: string, place: string): boolean {
    if (this.#places.has(id)) {
      return false;
    }
    this.#places.set(id, place);
    const [oldest] = this.#places;
    if (this.#places.size > this.#limit && oldest !== undefined) {
      const [forgotten, where] = oldest;
      this.#places.delete(forgotten);
      this.#evicted = where > this.#evicted ? where : this.#evicted;
    }
    return true;
  }

  /** The ids, as they were delivered, except these. */
  without(ids: ReadonlySet<string>): string[] {
    return [...this.#places.keys()].filter((id) => !ids.has(id));
  }
}
