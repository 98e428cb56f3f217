/**
 * What a subscription has delivered, and from where history must be read to miss nothing.
 *
 * Messages of different regions arrive out of id order, so "after the last id" would miss what was
 * still on its way. The resume position therefore remembers delivered ids and, by region, up to when that
 * region's stream has been read; history is read from an overlap before that.
 */

import type { Beginning, Tuning } from './options.js';
import { SeenIds } from './seen.js';
import { type Checkpoint, LOWEST_ID, type Message, messageTime, publishedTime } from './types.js';
import { idAt, idNotAfter, timeOf } from './ulid.js';

/** From where to read a region's history, and whether messages may be missing. */
export interface ResumePoint {
  readonly after: string;
  readonly gap: boolean;
}

function later(a: string, b: string): string {
  return a > b ? a : b;
}

/**
 * Delivered ids, the newest message, and how far each region was read. Milliseconds since 1970.
 *
 * The position never runs ahead of `wall`, this machine's clock: one message of a region whose
 * clock is minutes ahead would move it past all that the others publish until then.
 */
export class ResumePosition {
  readonly #options: Tuning;
  readonly #wall: () => number;
  #floor = LOWEST_ID;
  #position: number | null = null;
  #fromMessage = true;
  /** made for the first region: no channel needs it before its connection is lost */
  #readUpTo: Map<string, number> | null = null;
  readonly #seen: SeenIds;

  constructor(options: Tuning, beginning: Beginning, wall: () => number) {
    const { seenLimit } = options;
    const { after, checkpoint, replayMs } = beginning;
    this.#options = options;
    this.#wall = wall;
    if (checkpoint === undefined || checkpoint === null) {
      this.#seen = new SeenIds(seenLimit);
    } else {
      // Ids of a future that never was may have got into it.
      const latest = Math.min(checkpoint.positionMs, wall());
      const times = checkpoint.seen.map((id) => [id, latest] as const);
      this.#position = latest;
      this.#floor = idNotAfter(checkpoint.floor, latest);
      this.#seen = new SeenIds(seenLimit, times, idNotAfter(checkpoint.evicted, latest));
      this.#readUpTo = new Map(Object.entries(checkpoint.readUpToMs));
    }
    if (after !== undefined) {
      const now = wall();
      this.#floor = idNotAfter(after, now);
      this.#position = timeOf(this.#floor);
      this.#seen.add(after, now);
    } else if (replayMs !== undefined) {
      this.#position = Math.max(0, wall() - replayMs);
      this.#floor = idAt(this.#position);
    }
  }

  /** Whether there is nothing to resume from yet. */
  get fresh(): boolean {
    return this.#position === null;
  }

  /**
   * Start the resume position now: later reads of history bring nothing from before, or (`floor`,
   * an id) nothing from there down.
   */
  begin(floor?: string): void {
    this.#position = Math.max(0, this.#wall() - this.#options.clockToleranceMs);
    this.#floor = floor ?? idAt(this.#position);
    this.#fromMessage = false;
  }

  /** From where to read again what a subscription that is live may have missed. */
  recheck(): string {
    const wanted = idAt((this.#position ?? 0) - this.#options.overlapMs);
    return later(later(this.#floor, this.#seen.evicted), wanted);
  }

  /** Whether this id was delivered. */
  knows(id: string): boolean {
    return this.#seen.has(id);
  }

  /**
   * The messages from the history that may be new, whatever the ids say. No id brings back what was
   * delivered and forgotten, nor what was published before the beginning. (A beginning that is a
   * message's id is compared with ids only.) What is known now is left out now: the page itself may
   * push it out of what is remembered.
   */
  wanted(messages: readonly Message[]): Message[] {
    if (messages.length === 0) {
      return [];
    }
    const began = timeOf(this.#floor);
    const isTime = this.#floor === idAt(began);
    return messages.filter(
      (message) =>
        !this.#seen.has(message.id) &&
        idNotAfter(message.id, messageTime(message)) > this.#seen.evicted &&
        (publishedTime(message) >= began || !isTime),
    );
  }

  /** Whether to deliver the message; if so it counts as delivered. */
  accept(message: Message): boolean {
    const time = Math.min(messageTime(message), this.#wall());
    if (!this.#seen.add(message.id, time)) {
      return false;
    }
    if (this.#position === null || !this.#fromMessage) {
      this.#mistrustClock(time);
      this.#position = time;
      this.#fromMessage = true;
    } else {
      this.#position = Math.max(this.#position, time);
    }
    return true;
  }

  /** The region's stream has been read up to now, or (`limitMs`) only up to then. */
  hasRead(region: string, limitMs: number | null): void {
    if (this.#position !== null) {
      this.#readUpTo ??= new Map();
      this.#readUpTo.set(region, Math.min(this.#position, limitMs ?? this.#position));
    }
  }

  /** Not for a fresh position, which has nothing to resume from. */
  resume(region: string): ResumePoint {
    const { overlapMs, lookbackMs } = this.#options;
    const position = this.#position ?? 0;
    const readUpTo = this.#readUpTo?.get(region);
    let wanted = 0;
    let promised = 0;
    if (readUpTo !== undefined) {
      wanted = Math.min(readUpTo, position) - overlapMs;
      promised = wanted;
    } else if (this.#readUpTo !== null && this.#readUpTo.size > 0) {
      wanted = position - Math.max(lookbackMs, overlapMs);
      promised = position - overlapMs;
    }
    // Below `evicted` duplicates would not be noticed, below the floor nobody asked.
    const after = later(later(this.#floor, this.#seen.evicted), idAt(wanted));
    return { after, gap: this.#seen.evicted > later(this.#floor, idAt(promised)) };
  }

  /** The state as it was before these messages; null while there is nothing to resume. */
  checkpoint(pending: readonly Message[]): Checkpoint | null {
    if (this.#position === null) {
      return null;
    }
    const positionMs = pending.reduce((t, m) => Math.min(t, messageTime(m)), this.#position);
    const readUpTo = [...(this.#readUpTo ?? [])].map(([r, t]) => [r, Math.min(t, positionMs)] as const);
    return {
      floor: this.#floor,
      evicted: this.#seen.evicted,
      positionMs,
      readUpToMs: Object.fromEntries(readUpTo),
      seen: this.#seen.without(new Set(pending.map((message) => message.id))),
    };
  }

  #mistrustClock(time: number): void {
    // `begin` used this machine's clock. A message from before that moment means that it runs
    // ahead, and the floor would cut off messages; only a much older one is just a late one.
    const ahead = (this.#position ?? time) - time;
    if (ahead > 0 && ahead <= this.#options.lookbackMs && idAt(time) < this.#floor) {
      this.#floor = idAt(time);
    }
  }
}
