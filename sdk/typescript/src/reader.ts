import type { Attachment } from './channel.js';
import type { PageRequest } from './catchup.js';
import type { Core } from './core.js';
import type { PageAnswer, PageQuery } from './signals.js';

/** Requests that one region gets at the same time. */
const REQUESTS_AT_ONCE = 4;
/** The least that a page of one of many channels asks for. */
const LEAST_PER_PAGE = 10;

interface Request {
  readonly number: number;
  readonly region: number;
  readonly attachments: (Attachment | null)[];
}

/** What becomes of a page, and which page an attachment needs next. */
export interface PageUser {
  next(attachment: Attachment): PageRequest | null;
  answered(attachment: Attachment, answer: PageAnswer): void;
}

/**
 * Reads history for all channels: one request has the pages of up to `historyBatch` channels. While
 * a request is under way, further channels gather for the next one.
 */
export class HistoryReader {
  readonly #core: Core;
  readonly #user: PageUser;
  /** by region */
  readonly #wanted: readonly Set<Attachment>[];
  readonly #requests = new Map<number, Request>();

  constructor(core: Core, user: PageUser) {
    this.#core = core;
    this.#user = user;
    this.#wanted = core.regions.map(() => new Set());
  }

  /** The attachment may need a page; it is asked for at the end of this input. */
  want(attachment: Attachment): void {
    if (attachment.request === null && !attachment.waiting) {
      this.#wanted[attachment.region]?.add(attachment);
    }
  }

  /** The attachment is no more. */
  forget(attachment: Attachment): void {
    this.#wanted[attachment.region]?.delete(attachment);
    const request = this.#requests.get(attachment.request ?? -1);
    attachment.request = null;
    if (request === undefined) {
      return;
    }
    request.attachments[request.attachments.indexOf(attachment)] = null;
    if (request.attachments.every((each) => each === null)) {
      this.#end(request);
      this.#core.commands.push({ type: 'abandon', request: request.number });
    }
  }

  /** The answers to a request, in its order. */
  answers(number: number, answers: readonly (PageAnswer | null)[]): void {
    const request = this.#requests.get(number);
    if (request === undefined) {
      return;
    }
    this.#end(request);
    // First all of them are free again: one's answer may drop another.
    for (const attachment of request.attachments) {
      if (attachment !== null) {
        attachment.request = null;
      }
    }
    for (const [place, attachment] of request.attachments.entries()) {
      const answer = answers[place];
      // `forget` has taken out those that are no more, but one's answer may end another.
      if (attachment === null || attachment.phase === 'over') {
        continue;
      }
      if (answer === null || answer === undefined) {
        attachment.alone = true;
        this.want(attachment);
      } else {
        attachment.alone = false;
        this.#user.answered(attachment, answer);
      }
    }
  }

  /** A request's time is over; whether the timer was one of a request. */
  late(name: string): boolean {
    for (const request of this.#requests.values()) {
      if (timerOf(request.number) === name) {
        this.#core.commands.push({ type: 'abandon', request: request.number });
        const answer: PageAnswer = { errorType: null, message: 'no answer in time' };
        this.answers(request.number, request.attachments.map(() => answer));
        return true;
      }
    }
    return false;
  }

  /** Send the requests that are due. */
  flush(): void {
    for (const [region, wanted] of this.#wanted.entries()) {
      while (this.#mayAsk(region, wanted.size)) {
        this.#send(region, wanted);
      }
    }
  }

  /** One request at a time, so that channels gather for the next one; several, if they fill them. */
  #mayAsk(region: number, wanted: number): boolean {
    if (wanted === 0) {
      return false;
    }
    let underWay = 0;
    for (const request of this.#requests.values()) {
      underWay += request.region === region ? 1 : 0;
    }
    return (
      underWay === 0 || (wanted >= this.#core.options.historyBatch && underWay < REQUESTS_AT_ONCE)
    );
  }

  /** Those that came first, or one that must be asked for alone. */
  #batch(wanted: ReadonlySet<Attachment>): Attachment[] {
    const batch: Attachment[] = [];
    for (const attachment of wanted) {
      if (batch.length === this.#core.options.historyBatch || (attachment.alone && batch.length > 0)) {
        break;
      }
      batch.push(attachment);
      if (attachment.alone) {
        break;
      }
    }
    return batch;
  }

  #send(region: number, wanted: Set<Attachment>): void {
    const batch = this.#batch(wanted);
    const { historyTimeoutMs, pageLimit } = this.#core.options;
    const share = Math.max(LEAST_PER_PAGE, Math.floor(pageLimit / batch.length));
    const attachments: Attachment[] = [];
    const pages: PageQuery[] = [];
    const number = this.#core.number();
    for (const attachment of batch) {
      const page = wanted.delete(attachment) ? this.#user.next(attachment) : null;
      if (page !== null) {
        const { after, most, nextToken } = page;
        const limit = Math.min(share, pageLimit, most);
        attachment.request = number;
        attachments.push(attachment);
        pages.push({ channel: attachment.channel.name, after, limit, nextToken });
      }
    }
    if (pages.length === 0) {
      return;
    }
    this.#requests.set(number, { number, region, attachments });
    this.#core.commands.push({ type: 'fetch', request: number, region, pages });
    this.#core.setTimer(timerOf(number), historyTimeoutMs);
  }

  #end(request: Request): void {
    this.#requests.delete(request.number);
    this.#core.cancelTimer(timerOf(request.number));
  }
}

function timerOf(request: number): string {
  return `history:${request}`;
}
