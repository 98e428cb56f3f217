/** Things that are due the same time after they began: one timer for all of them. */

import type { Core } from './core.js';

const FEW = 64;

interface Due<T> {
  readonly time: number;
  readonly item: T;
}

/**
 * In the order in which they are due. `name` is the timer's, `ms` how long each has, and `isAwaited`
 * says whether one is still of interest.
 */
export class Deadlines<T> {
  readonly #core: Core;
  readonly #name: string;
  readonly #ms: number;
  readonly #isAwaited: (item: T) => boolean;
  #due: Due<T>[] = [];
  #most = FEW;
  #isSet = false;

  constructor(core: Core, name: string, ms: number, isAwaited: (item: T) => boolean) {
    this.#core = core;
    this.#name = name;
    this.#ms = ms;
    this.#isAwaited = isAwaited;
  }

  /** It is due in `ms`, never if that is Infinity. */
  add(item: T): void {
    if (this.#ms === Infinity) {
      return;
    }
    this.#due.push({ time: this.#core.now + this.#ms, item });
    if (!this.#isSet) {
      this.#setTimer(this.#ms);
    }
    if (this.#due.length > this.#most) {
      // At most half of them are of no interest any more.
      this.#due = this.#due.filter((each) => this.#isAwaited(each.item));
      this.#most = 2 * this.#due.length + FEW;
    }
  }

  /** The timer's time came: those that are due, or will be within `earlyMs`. */
  fire(earlyMs = 0): T[] {
    this.#isSet = false;
    const late: T[] = [];
    const left = this.#due.findIndex(({ item, time }) => {
      if (!this.#isAwaited(item)) {
        return false;
      }
      if (time > this.#core.now + earlyMs) {
        this.#setTimer(time - this.#core.now);
        return true;
      }
      late.push(item);
      return false;
    });
    this.#due.splice(0, left === -1 ? Infinity : left);
    return late;
  }

  /** Nothing is awaited any more. */
  clear(): void {
    this.#due.length = 0;
    if (this.#isSet) {
      this.#isSet = false;
      this.#core.cancelTimer(this.#name);
    }
  }

  #setTimer(ms: number): void {
    this.#isSet = true;
    this.#core.setTimer(this.#name, ms);
  }
}
