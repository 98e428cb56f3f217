/** When to try again, and where: full jitter, and failover to the next region. */

import type { Tuning } from './options.js';
import { part } from './timers.js';

/** Try this region (its place in the list) in so many milliseconds; attempts count from 1. */
export interface Attempt {
  readonly region: number;
  readonly delayMs: number;
  readonly number: number;
}

/** Counts failures. Times are monotonic milliseconds. */
export class Retry {
  readonly #options: Tuning;
  readonly #regions: number;
  readonly #random: () => number;
  /** attempts since the last stable connection */
  #number = 0;
  #backoff = 0;
  /** in the current region */
  #failures = 0;
  #switches = 0;
  #downSince: number | null = null;

  constructor(options: Tuning, regions: number, random: () => number) {
    this.#options = options;
    this.#regions = regions;
    this.#random = random;
  }

  /** A random delay up to base * 2^exponent, capped. */
  jitter(exponent: number): number {
    const { backoffBaseMs, backoffCapMs } = this.#options;
    return part(Math.min(backoffCapMs, backoffBaseMs * 2 ** exponent), this.#random());
  }

  /** A connection went live. */
  live(): void {
    this.#downSince = null;
  }

  /**
   * A connection was lost, or did not come to be (`liveSince` null). One that lived for `stableMs`
   * is no failure of its region, nor is one that is `excused`. `leave`: the region is of no use now.
   */
  lost(
    region: number,
    now: number,
    liveSince: number | null,
    { excused = false, leave = false }: { readonly excused?: boolean; readonly leave?: boolean } = {},
  ): Attempt {
    const { failoverAttempts, failoverMs, stableMs } = this.#options;
    if (liveSince !== null && now - liveSince >= stableMs) {
      this.#forget();
    } else if (!excused) {
      this.#failures += 1;
    }
    this.#downSince ??= now;
    this.#number += 1;
    const tooOften = this.#failures >= failoverAttempts;
    const tooLong = this.#failures > 0 && now - this.#downSince >= failoverMs;
    let next = region;
    if (this.#regions > 1 && (tooOften || tooLong || leave)) {
      next = (region + 1) % this.#regions;
      this.#switches += 1;
      this.#failures = 0;
      this.#downSince = now;
      // The first try of another region is quick; rounds without success become slower.
      this.#backoff = Math.floor(this.#switches / this.#regions);
    }
    const delayMs = this.jitter(this.#backoff);
    this.#backoff += 1;
    return { region: next, delayMs, number: this.#number };
  }

  #forget(): void {
    this.#number = 0;
    this.#backoff = 0;
    this.#failures = 0;
    this.#switches = 0;
    this.#downSince = null;
  }
}
