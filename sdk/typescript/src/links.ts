/** The machine's links: what it knows of each, and the commands about them. */

import { CatchUp, type PageRequest } from './catchup.js';
import type { Ledger } from './ledger.js';
import type { Options } from './options.js';
import type { Command } from './signals.js';

/** How far a link has come; while catching up live messages are held and history is read. */
export type Phase = 'opening' | 'starting' | 'catching-up' | 'live';

/** One connection attempt and what became of it. Times are monotonic milliseconds. */
export class Link {
  phase: Phase = 'opening';
  lastFrame = 0;
  silenceMs = 0;
  liveSince: number | null = null;
  gap = false;
  /** the page of history under way */
  request: number | null = null;
  /** for a moment, before a page is asked for again */
  waiting = false;
  historyFailures = 0;
  readonly catchUp: CatchUp;
  /** until connection_ack, then until start_ack */
  readonly setupTimer: string;
  /** until the connection counts as dead */
  readonly silenceTimer: string;
  /** until a page of history is late, or is to be asked for again */
  readonly historyTimer: string;

  readonly id: number;
  readonly region: number;

  constructor(
    id: number,
    region: number,
    holdLimit: number,
  ) {
    this.id = id;
    this.region = region;
    this.catchUp = new CatchUp(holdLimit);
    this.setupTimer = `setup:${id}`;
    this.silenceTimer = `silence:${id}`;
    this.historyTimer = `history:${id}`;
  }

  /** Whether a page of history is under way or about to be. */
  get busy(): boolean {
    return this.request !== null || this.waiting;
  }
}

/** The main link and the candidate. Commands are appended to the machine's list. */
export class Links {
  main: Link | null = null;
  candidate: Link | null = null;
  #numbers = 0;

  private readonly regions: readonly string[];
  private readonly options: Options;
  private readonly ledger: Ledger;
  private readonly commands: Command[];

  constructor(
    regions: readonly string[],
    options: Options,
    ledger: Ledger,
    commands: Command[],
  ) {
    this.regions = regions;
    this.options = options;
    this.ledger = ledger;
    this.commands = commands;
  }

  /** Those that there are. */
  all(): Link[] {
    return [this.main, this.candidate].filter((link) => link !== null);
  }

  /** The link with this number, unless it was dropped. */
  byId(id: number): Link | undefined {
    return this.all().find((link) => link.id === id);
  }

  /** The link that waits for this request, which it does no more. */
  answered(request: number): Link | undefined {
    const link = this.all().find((one) => one.request === request);
    if (link !== undefined) {
      link.request = null;
      this.commands.push({ type: 'cancel-timer', name: link.historyTimer });
    }
    return link;
  }

  /** A new number for a link or a request. */
  number(): number {
    this.#numbers += 1;
    return this.#numbers;
  }

  /** Begin to connect; the caller makes it main or candidate. */
  open(region: number): Link {
    const link = new Link(this.number(), region, this.options.holdLimit);
    this.commands.push({ type: 'open', link: link.id, region });
    const ms = this.options.connectTimeoutMs;
    this.commands.push({ type: 'set-timer', name: link.setupTimer, ms });
    return link;
  }

  /** Ask for a page of history of its region. */
  fetch(link: Link, page: PageRequest): void {
    const { historyTimeoutMs, pageLimit } = this.options;
    const request = this.number();
    const { id, region } = link;
    link.request = request;
    this.commands.push({ type: 'fetch', request, link: id, region, limit: pageLimit, ...page });
    this.commands.push({ type: 'set-timer', name: link.historyTimer, ms: historyTimeoutMs });
  }

  /** Close it and forget it. */
  drop(link: Link): void {
    this.cover(link);
    for (const name of [link.setupTimer, link.silenceTimer, link.historyTimer]) {
      this.commands.push({ type: 'cancel-timer', name });
    }
    this.commands.push({ type: 'drop', link: link.id });
    if (link === this.candidate) {
      this.candidate = null;
    } else if (link === this.main) {
      this.main = null;
    }
  }

  /** The candidate becomes the main link; a main link that there is gets dropped. */
  promote(): void {
    const previous = this.main;
    this.main = this.candidate;
    this.candidate = null;
    if (previous !== null) {
      this.drop(previous);
    }
  }

  /** Note how far the link's region has been read. */
  cover(link: Link): void {
    const covered = link.catchUp.covered();
    if (covered !== undefined) {
      this.ledger.cover(this.regions[link.region] ?? '', covered);
    }
  }
}
