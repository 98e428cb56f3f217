/** The course of a subscription: attempts, failover, the way home, and its end. */

import { isFinal, type SubscriberError } from './errors.js';
import type { Link, Links } from './links.js';
import type { Options } from './options.js';
import type { Outbox } from './outbox.js';
import type { Attempt, Retry } from './retry.js';
import type { Command } from './signals.js';

const RETRY = 'retry';
const HOME = 'home';
const HOME_REGION = 0;

export interface Loss {
  readonly reason: string;
  readonly errorType?: string | null;
  readonly kicked?: boolean;
}

/** Acts on the links when they come live or are lost. Times are monotonic milliseconds. */
export class Course {
  finished = false;
  #next: Attempt = { region: HOME_REGION, delayMs: 0, number: 1 };
  #everLive = false;

  private readonly options: Options;
  private readonly retry: Retry;
  private readonly random: () => number;
  private readonly links: Links;
  private readonly out: Outbox;
  private readonly commands: Command[];

  constructor(
    options: Options,
    retry: Retry,
    random: () => number,
    links: Links,
    out: Outbox,
    commands: Command[],
  ) {
    this.options = options;
    this.retry = retry;
    this.random = random;
    this.links = links;
    this.out = out;
    this.commands = commands;
  }

  /** The first attempt, at home. */
  begin(): void {
    this.out.state('connecting', HOME_REGION, { attempt: 1 });
    this.#connect();
  }

  /** The link is subscribed and reads history; a loss before has told of it already. */
  subscribed(link: Link): void {
    if (link === this.links.main && !this.#everLive) {
      this.out.state('resuming', link.region, { attempt: this.#next.number });
    }
  }

  /** The link has caught up. */
  live(link: Link, now: number): void {
    link.phase = 'live';
    link.catchUp.overflowed = false;
    const firstTime = link.liveSince === null;
    link.liveSince ??= now;
    if (link === this.links.candidate) {
      this.links.promote();
    }
    this.#everLive = true;
    this.retry.live();
    const home = link.region === HOME_REGION;
    this.out.state(home ? 'live' : 'failed-over', link.region, { gap: link.gap });
    link.gap = false;
    if (home) {
      this.#cancelTimer(HOME);
    } else if (firstTime && this.links.candidate === null) {
      this.#probeHomeLater();
    }
  }

  /** The link is of no use any more; another attempt follows. */
  lose(link: Link, now: number, { reason, errorType = null, kicked = false }: Loss): void {
    const wasCandidate = link === this.links.candidate;
    this.links.drop(link);
    if (wasCandidate) {
      this.#probeHomeLater();
      return;
    }
    if (this.links.candidate !== null) {
      // The way home is under way already: it is the next attempt.
      this.links.promote();
      this.#next = { ...this.#next, region: HOME_REGION };
    } else {
      this.#next = this.retry.lost(link.region, now, link.liveSince, kicked);
      this.#setTimer(RETRY, this.#next.delayMs);
    }
    this.#cancelTimer(HOME);
    const { number, region } = this.#next;
    const [state, attempt] = this.#everLive
      ? (['resuming', number] as const)
      : (['connecting', number + 1] as const);
    this.out.state(state, region, { attempt, errorType, reason });
  }

  /** The API answered with an error. */
  failed(link: Link, now: number, errorType: string, message: string): void {
    // Regions may disagree for a moment about a policy: only the one in use decides.
    if (isFinal(errorType) && link === this.links.main) {
      this.out.state('refused', link.region, { errorType, reason: message });
      this.finish(null);
    } else {
      this.lose(link, now, { reason: message, errorType });
    }
  }

  /** A timer's time came; whether it was one of the course's. */
  fire(name: string): boolean {
    if (name === RETRY && this.links.main === null) {
      this.#connect();
    } else if (name === HOME && this.links.main !== null && this.links.candidate === null) {
      this.links.candidate = this.links.open(HOME_REGION);
    }
    return name === RETRY || name === HOME;
  }

  /** The end. */
  finish(error: SubscriberError | null): void {
    for (const link of this.links.all()) {
      this.links.drop(link);
    }
    this.#cancelTimer(RETRY);
    this.#cancelTimer(HOME);
    this.commands.push({ type: 'finish', error });
    this.finished = true;
  }

  #connect(): void {
    this.links.main = this.links.open(this.#next.region);
  }

  #probeHomeLater(): void {
    // Spread over half to one and a half times the interval, so that clients do not go at once.
    this.#setTimer(HOME, this.options.homeProbeMs * (0.5 + this.random()));
  }

  #setTimer(name: string, ms: number): void {
    this.commands.push({ type: 'set-timer', name, ms });
  }

  #cancelTimer(name: string): void {
    this.commands.push({ type: 'cancel-timer', name });
  }
}
