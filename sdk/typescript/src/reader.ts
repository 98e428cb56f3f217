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
  readonly #wanted = new Set<Attachment>();
  readonly #requests = new Map<number, Request>();

  constructor(core: Core, user: PageUser) {
    this.#core = core;
    this.#user = user;
  }

  /** The attachment may need a page; it is asked for at the end of this input. */
  want(attachment: Attachment): void {
    if (attachment.request === null && !attachment.waiting) {
      this.#wanted.add(attachment);
    }
  }

  /** The attachment is no more. */
  forget(attachment: Attachment): void {
    this.#wanted.delete(attachment);
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
    const open = request.attachments.map((attachment) => {
      if (attachment !== null) {
        attachment.request = null;
      }
      return attachment;
    });
    for (const [place, attachment] of open.entries()) {
      const answer = answers[place];
      // `forget` has taken out those that are no more, but one's answer may end another.
      if (!attachment?.connection.attachments.has(attachment.id)) {
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
    const { historyBatch } = this.#core.options;
    if (this.#wanted.size === 0) {
      return;
    }
    for (const region of new Set([...this.#wanted].map((each) => each.region))) {
      const ready = [...this.#wanted].filter((each) => each.region === region);
      let underWay = [...this.#requests.values()].filter((each) => each.region === region).length;
      while (
        ready.length > 0 &&
        (underWay === 0 || (ready.length >= historyBatch && underWay < REQUESTS_AT_ONCE))
      ) {
        const batch = ready[0]?.alone === true ? ready.splice(0, 1) : ready.splice(0, historyBatch);
        underWay += this.#send(region, batch) ? 1 : 0;
      }
    }
  }

  #send(region: number, batch: readonly Attachment[]): boolean {
    const { historyTimeoutMs, pageLimit } = this.#core.options;
    const share = Math.max(LEAST_PER_PAGE, Math.floor(pageLimit / batch.length));
    const attachments: Attachment[] = [];
    const pages: PageQuery[] = [];
    const number = this.#core.number();
    for (const attachment of batch) {
      const page = this.#wanted.delete(attachment) ? this.#user.next(attachment) : null;
      if (page !== null) {
        const { after, most, nextToken } = page;
        const limit = Math.min(share, pageLimit, most);
        attachment.request = number;
        attachments.push(attachment);
        pages.push({ channel: attachment.channel.name, after, limit, nextToken });
      }
    }
    if (pages.length === 0) {
      return false;
    }
    this.#requests.set(number, { number, region, attachments });
    this.#core.commands.push({ type: 'fetch', request: number, region, pages });
    this.#core.setTimer(timerOf(number), historyTimeoutMs);
    return true;
  }

  #end(request: Request): void {
    this.#requests.delete(request.number);
    this.#core.cancelTimer(timerOf(request.number));
  }
}

function timerOf(request: number): string {
  return `history:${request}`;
}
