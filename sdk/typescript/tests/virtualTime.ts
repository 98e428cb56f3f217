/** Time that passes only when a test says so. */

const PATIENCE_MS = 120_000;

interface Due {
  readonly at: number;
  readonly act: () => void;
}

/** What is to happen when, and named timers. */
export class VirtualTime {
  readonly #timers = new Map<string, object>();
  #queue: Due[] = [];
  #now = 0;

  /** Milliseconds since the beginning. */
  get now(): number {
    return this.#now;
  }

  /** Do it so many milliseconds from now; what is due at the same time happens in the order of the calls. */
  later(ms: number, act: () => void): void {
    const due = { at: this.#now + ms, act };
    // Nearly always it comes last, or close to it.
    let place = this.#queue.length;
    while (place > 0 && (this.#queue[place - 1]?.at ?? 0) > due.at) {
      place -= 1;
    }
    this.#queue.splice(place, 0, due);
  }

  /** The same by name: it replaces the timer that had this name. */
  setTimer(name: string, ms: number, act: () => void): void {
    const mark = {};
    this.#timers.set(name, mark);
    this.later(ms, () => {
      if (this.#timers.get(name) === mark) {
        this.#timers.delete(name);
        act();
      }
    });
  }

  cancelTimer(name: string): void {
    this.#timers.delete(name);
  }

  cancelAll(): void {
    this.#timers.clear();
  }

  /** Let time pass until `done`; whether that came to be. */
  until(done: () => boolean): boolean {
    const end = this.#now + PATIENCE_MS;
    while (!done()) {
      const next = this.#queue.shift();
      if (next === undefined || next.at > end) {
        return false;
      }
      this.#now = next.at;
      next.act();
    }
    return true;
  }

  /** Let so many milliseconds pass. */
  wait(ms: number): void {
    const end = this.#now + ms;
    while ((this.#queue[0]?.at ?? Infinity) <= end) {
      const next = this.#queue.shift();
      this.#now = next?.at ?? end;
      next?.act();
    }
    this.#now = end;
  }
}
