/**
 * The resuming subscription as a state machine: inputs in, commands out, no I/O.
 *
 * There is one main link; while failed over there may be a second one, the candidate, by which the
 * subscriber goes home: it is subscribed and has caught up before the main link is dropped.
 */

import { Course } from './course.js';
import { BufferOverflowError, isFinal, NO_HISTORY } from './errors.js';
import { Ledger } from './ledger.js';
import { type Link, Links } from './links.js';
import type { Options } from './options.js';
import { Outbox } from './outbox.js';
import type { Frame } from './protocol.js';
import { Retry } from './retry.js';
import type { Command, Input } from './signals.js';
import type { Checkpoint, Message } from './types.js';

/**
 * One subscription. `regions` are names in order of preference; the first is home. `wall` is
 * this machine's clock, milliseconds since 1970; it and `random` (0 to 1) are all that is not in
 * the inputs.
 */
export class Machine {
  readonly #options: Options;
  readonly #commands: Command[] = [];
  readonly #regions: readonly string[];
  readonly #retry: Retry;
  readonly #ledger: Ledger;
  readonly #links: Links;
  readonly #out: Outbox;
  readonly #course: Course;
  #now = 0;

  constructor(
    regions: readonly string[],
    options: Options,
    random: () => number,
    wall: () => number,
  ) {
    this.#regions = regions;
    this.#options = options;
    this.#retry = new Retry(options, regions.length, random);
    this.#ledger = new Ledger(options, wall);
    this.#links = new Links(regions, options, this.#ledger, this.#commands);
    this.#out = new Outbox(regions, options, this.#ledger, this.#commands);
    const parts = [this.#links, this.#out, this.#commands] as const;
    this.#course = new Course(options, this.#retry, random, ...parts);
  }

  /** What is to be done, in order. `now` is monotonic milliseconds. */
  handle(input: Input, now: number): Command[] {
    this.#now = now;
    if (!this.#course.finished) {
      this.#dispatch(input);
    }
    return this.#commands.splice(0);
  }

  /** Where a consumer stands that has not taken `pending` yet; null before the first live. */
  checkpoint(pending: readonly Message[]): Checkpoint | null {
    for (const link of this.#links.all()) {
      this.#links.cover(link);
    }
    return this.#ledger.checkpoint(pending);
  }

  #dispatch(input: Input): void {
    switch (input.type) {
      case 'received':
        return this.#with(this.#links.byId(input.link), (link) => {
          this.#receive(link, input.frame);
        });
      case 'taken':
        this.#out.taken(input.messages);
        return this.#links.all().forEach((link) => {
          this.#fetch(link);
        });
      case 'page':
        return this.#with(this.#links.answered(input.request), (link) => {
          link.historyFailures = 0;
          const { items, nextToken } = input;
          this.#out.deliver(link.catchUp.page(items, nextToken, this.#ledger.wanted(items)));
          this.#fetch(link);
        });
      case 'page-failed':
        return this.#with(this.#links.answered(input.request), (link) => {
          this.#historyFailed(link, input.errorType, input.message);
        });
      case 'timer':
        return this.#fire(input.name);
      case 'closed':
        return this.#with(this.#links.byId(input.link), (link) => {
          this.#course.lose(link, this.#now, input);
        });
      case 'begin':
        return this.#course.begin();
      case 'stop':
        return this.#course.finish(null);
    }
  }

  // Links

  #with(link: Link | undefined, act: (link: Link) => void): void {
    if (link !== undefined) {
      act(link);
    }
  }

  // Frames

  #receive(link: Link, frame: Frame): void {
    link.lastFrame = this.#now;
    switch (frame.type) {
      case 'data':
        return this.#data(link, frame.message);
      case 'ack':
        return link.phase === 'opening' ? this.#acknowledged(link, frame.timeoutMs) : undefined;
      case 'start-ack':
        return link.phase === 'starting' ? this.#started(link) : undefined;
      case 'complete':
        return link.phase === 'opening' ? undefined : this.#kicked(link);
      case 'error':
        if (!frame.general || link.phase === 'opening' || link.phase === 'starting') {
          this.#course.failed(link, this.#now, frame.errorType, frame.message);
        }
        return;
      case 'ka':
    }
  }

  #acknowledged(link: Link, timeoutMs: number | null): void {
    const { keepAliveMs, silenceFactor, startTimeoutMs } = this.#options;
    link.phase = 'starting';
    link.silenceMs = Math.min(keepAliveMs * silenceFactor, timeoutMs ?? Infinity);
    this.#commands.push({ type: 'subscribe', link: link.id });
    this.#setTimer(link.setupTimer, startTimeoutMs);
    this.#setTimer(link.silenceTimer, link.silenceMs);
  }

  #started(link: Link): void {
    this.#cancelTimer(link.setupTimer);
    link.phase = 'catching-up';
    if (this.#ledger.fresh) {
      this.#ledger.begin();
      this.#out.deliver(link.catchUp.giveUp());
      this.#course.live(link, this.#now);
      return;
    }
    const { after, gap } = this.#ledger.resume(this.#name(link));
    link.gap = gap;
    link.catchUp.begin(after);
    this.#course.subscribed(link);
    this.#fetch(link);
  }

  #data(link: Link, message: Message | null): void {
    if (message === null) {
      // A publisher's selection lacked a field: only history has the whole message.
      this.#reread(link);
    } else if (link.phase !== 'live') {
      link.catchUp.hold(message);
    } else if (!this.#out.full) {
      this.#out.deliver([message]);
    } else if (!this.#ledger.knows(message.id)) {
      link.catchUp.miss(message.id);
      link.catchUp.overflowed = true;
      this.#fallBehind(link, 'the consumer is slow');
    }
  }

  #reread(link: Link): void {
    if (!this.#ledger.fresh) {
      this.#links.cover(link);
      link.catchUp.miss(this.#ledger.resume(this.#name(link)).after);
    }
    if (link.phase === 'live') {
      this.#fallBehind(link, 'an incomplete message arrived');
    }
  }

  #fallBehind(link: Link, reason: string): void {
    link.phase = 'catching-up';
    if (link === this.#links.main) {
      this.#out.state('resuming', link.region, { reason });
    }
    this.#fetch(link);
  }

  #kicked(link: Link): void {
    if (link === this.#links.main) {
      this.#out.state('kicked', link.region);
    }
    this.#course.lose(link, this.#now, { reason: 'the server ended the subscription', kicked: true });
  }

  // History

  /** Ask for the next page, if one is due and the consumer has room for it. */
  #fetch(link: Link): void {
    if (link.phase !== 'catching-up' || link.busy || !this.#out.hasRoomForPage) {
      return;
    }
    const page = link.catchUp.nextPage();
    if (page === null) {
      this.#course.live(link, this.#now);
    } else {
      this.#links.fetch(link, page);
    }
  }

  #historyFailed(link: Link, errorType: string | null, message: string): void {
    if (errorType === NO_HISTORY) {
      this.#withoutHistory(link);
    } else if (errorType !== null && isFinal(errorType)) {
      this.#course.failed(link, this.#now, errorType, message);
    } else {
      link.historyFailures += 1;
      if (link.historyFailures >= this.#options.historyAttempts) {
        this.#course.lose(link, this.#now, { reason: `history: ${message}`, errorType });
      } else {
        link.waiting = true;
        this.#setTimer(link.historyTimer, this.#retry.jitter(link.historyFailures - 1));
      }
    }
  }

  #withoutHistory(link: Link): void {
    if (link.catchUp.overflowed) {
      const reason = 'messages came faster than they were read, and no history is stored';
      if (link === this.#links.candidate) {
        this.#course.lose(link, this.#now, { reason });
      } else {
        this.#course.finish(new BufferOverflowError(reason));
      }
      return;
    }
    link.gap = true;
    this.#out.deliver(link.catchUp.giveUp());
    this.#course.live(link, this.#now);
  }

  // Timers

  #fire(name: string): void {
    if (this.#course.fire(name)) {
      return;
    }
    for (const link of this.#links.all()) {
      if (name === link.setupTimer) {
        this.#course.lose(link, this.#now, { reason: 'the server did not answer in time' });
      } else if (name === link.silenceTimer) {
        this.#checkSilence(link);
      } else if (name === link.historyTimer) {
        this.#historyDue(link);
      }
    }
  }

  #checkSilence(link: Link): void {
    const silent = this.#now - link.lastFrame;
    if (silent >= link.silenceMs) {
      this.#course.lose(link, this.#now, { reason: `no frame for ${Math.round(silent / 1000)} s` });
    } else {
      this.#setTimer(link.silenceTimer, link.silenceMs - silent);
    }
  }

  #historyDue(link: Link): void {
    if (link.waiting) {
      link.waiting = false;
      this.#fetch(link);
    } else {
      link.request = null;
      this.#historyFailed(link, null, 'no answer in time');
    }
  }

  #name(link: Link): string {
    return this.#regions[link.region] ?? '';
  }

  #setTimer(name: string, ms: number): void {
    this.#commands.push({ type: 'set-timer', name, ms });
  }

  #cancelTimer(name: string): void {
    this.#commands.push({ type: 'cancel-timer', name });
  }
}
