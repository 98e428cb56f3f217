/** How messages get into a channel's buffer: those that arrive live, and those that history has. */

import type { Attachment, Channel } from './channel.js';
import type { PageRequest } from './catchup.js';
import type { Core } from './core.js';
import { Deadlines } from './deadlines.js';
import { BufferOverflowError, isFinal, NO_HISTORY } from './errors.js';
import type { ConnectionManager } from './manager.js';
import { HistoryReader } from './reader.js';
import type { PageAnswer } from './signals.js';
import type { Message } from './types.js';

const SETTLE = 'settle';
const REREAD = 'reread';

/** The delivery of all attachments. It tells the manager which of them are live, and which have failed. */
export class Delivery {
  readonly #core: Core;
  readonly #manager: ConnectionManager;
  readonly #reader: HistoryReader;
  /** those whose history is read once more soon after start_ack: AppSync sends that too early */
  readonly #settling: Deadlines<Attachment>;
  /** those whose history is read again now and then */
  readonly #rereading: Deadlines<Attachment>;

  constructor(core: Core, manager: ConnectionManager) {
    this.#core = core;
    this.#manager = manager;
    this.#reader = new HistoryReader(core, {
      next: (attachment) => this.#next(attachment),
      answered: (attachment, answer) => this.#answered(attachment, answer),
    });
    const isThere = ({ phase }: Attachment): boolean => phase !== 'over';
    this.#settling = new Deadlines(core, SETTLE, core.options.settleMs, isThere);
    this.#rereading = new Deadlines(core, REREAD, core.options.rereadMs, isThere);
  }

  /** The server answered `start`: live at once where nothing can be missing, else history is read. */
  begin(attachment: Attachment): void {
    const { catchUp, channel, region } = attachment;
    const { buffer, position, rewind } = channel;
    this.#settling.add(attachment);
    if (position.fresh && rewind === 0) {
      position.begin();
      buffer.deliver(catchUp.giveUp(), 'live');
      this.#manager.live(attachment);
      return;
    }
    if (position.fresh) {
      catchUp.rewind(rewind);
    } else {
      const { after, gap } = position.resume(this.#core.name(region));
      attachment.gap = gap;
      catchUp.begin(after);
    }
    this.#manager.subscribed(attachment);
    this.#reader.want(attachment);
  }

  /** A live message; null for one that lacks something. */
  data(attachment: Attachment, message: Message | null): void {
    const { catchUp, channel, phase } = attachment;
    if (message === null) {
      // A publisher's selection lacked a field: only history has the whole message.
      this.#reread(attachment);
    } else if (phase !== 'live') {
      catchUp.hold(message);
    } else if (!channel.buffer.full) {
      channel.buffer.deliver([message], 'live');
    } else if (!channel.position.knows(message.id)) {
      catchUp.miss(message.id);
      catchUp.overflowed = true;
      this.#fallBehind(attachment, 'the consumer is slow');
    }
  }

  /** The consumer has taken a message: there may be room for a page. */
  taken(channel: Channel): void {
    if (channel.buffer.waits && channel.buffer.hasRoomForPage) {
      channel.buffer.waits = false;
      channel.attachments().forEach((attachment) => this.#reader.want(attachment));
    }
  }

  /** The answers to a request for history, in its order. */
  answers(request: number, answers: readonly (PageAnswer | null)[]): void {
    this.#reader.answers(request, answers);
  }

  /** A timer's time came; whether it was one of the delivery. */
  fire(name: string): boolean {
    if (name === SETTLE) {
      // Those that are due soon come along: one request for many.
      this.#settling.fire(this.#core.options.settleMs / 4).forEach((each) => this.#recheck(each));
    } else if (name === REREAD) {
      this.#rereading.fire().forEach((each) => this.#recheck(each));
    } else {
      return this.#reader.late(name);
    }
    return true;
  }

  /** A page that failed is asked for again. */
  again(attachment: Attachment): void {
    attachment.waiting = false;
    this.#reader.want(attachment);
  }

  /** The attachment is no more. */
  forget(attachment: Attachment): void {
    this.noteRead(attachment);
    this.#reader.forget(attachment);
    if (attachment.waiting) {
      this.#core.cancelTimer(attachment.againTimer);
    }
  }

  /** Nothing is delivered any more. */
  end(): void {
    this.#settling.clear();
    this.#rereading.clear();
  }

  /** Send the requests for history that are due. */
  flush(): void {
    this.#reader.flush();
  }

  /** Note how far the attachment's region has been read. */
  noteRead({ catchUp, channel, region }: Attachment): void {
    const readUpTo = catchUp.readUpTo();
    if (readUpTo !== undefined) {
      channel.position.hasRead(this.#core.name(region), readUpTo);
    }
  }

  /** History is read again, although nothing is known to be missing. */
  #recheck(attachment: Attachment): void {
    attachment.recheck ??= { after: attachment.channel.position.recheck(), nextToken: null };
    this.#reader.want(attachment);
  }

  #reread(attachment: Attachment): void {
    const { catchUp, channel, phase, region } = attachment;
    if (!channel.position.fresh) {
      this.noteRead(attachment);
      catchUp.miss(channel.position.resume(this.#core.name(region)).after);
    }
    if (phase === 'live') {
      this.#fallBehind(attachment, 'an incomplete message arrived');
    }
  }

  #fallBehind(attachment: Attachment, reason: string): void {
    attachment.phase = 'catching-up';
    if (!attachment.isStandby) {
      attachment.channel.buffer.state('resuming', attachment.region, { reason });
    }
    this.#reader.want(attachment);
  }

  /** The page that is due, if the consumer has room for it. */
  #next(attachment: Attachment): PageRequest | null {
    const { catchUp, channel, phase, recheck } = attachment;
    attachment.rechecking = false;
    if (!channel.buffer.hasRoomForPage) {
      channel.buffer.waits = true;
      return null;
    }
    if (channel.isPattern && (phase === 'catching-up' || phase === 'live')) {
      this.#withoutHistory(attachment);
      return null;
    }
    if (phase === 'catching-up') {
      const page = catchUp.nextPage();
      if (page !== null) {
        return page;
      }
      this.#manager.live(attachment);
    } else if (phase !== 'live') {
      return null;
    }
    attachment.rechecking = recheck !== null;
    return recheck === null ? null : { ...recheck, most: Infinity };
  }

  #answered(attachment: Attachment, answer: PageAnswer): void {
    if ('items' in answer) {
      attachment.historyFailures = 0;
      this.#page(attachment, answer.items, answer.nextToken);
      this.#reader.want(attachment);
    } else {
      this.#historyFailed(attachment, answer.errorType, answer.message);
    }
  }

  #page(attachment: Attachment, items: readonly Message[], nextToken: string | null): void {
    const { catchUp, channel, recheck, rechecking } = attachment;
    const { buffer, position } = channel;
    if (rechecking && recheck !== null) {
      buffer.deliver(position.wanted(items), 'history');
      attachment.recheck = nextToken === null ? null : { ...recheck, nextToken };
      if (nextToken === null) {
        this.#rereading.add(attachment);
      }
    } else if (catchUp.rewinding) {
      const rewound = catchUp.rewound(items, nextToken);
      if (rewound !== null) {
        position.begin(rewound.floor);
        buffer.deliver(rewound.messages, 'history');
      }
    } else {
      buffer.deliver(catchUp.page(items, nextToken, position.wanted(items)), 'history');
    }
  }

  #historyFailed(attachment: Attachment, errorType: string | null, message: string): void {
    const { againTimer } = attachment;
    if (errorType === NO_HISTORY) {
      this.#withoutHistory(attachment);
    } else if (errorType !== null && isFinal(errorType)) {
      this.#manager.failed(attachment, errorType, message);
    } else {
      attachment.historyFailures += 1;
      if (attachment.historyFailures >= this.#core.options.historyAttempts) {
        this.#manager.fail(attachment, { reason: `history: ${message}`, errorType });
      } else {
        attachment.waiting = true;
        const { backoffBaseMs, backoffCapMs } = this.#core.options;
        const longest = Math.min(backoffCapMs, backoffBaseMs * 2 ** (attachment.historyFailures - 1));
        this.#core.setTimer(againTimer, longest * this.#core.random());
      }
    }
  }

  #withoutHistory(attachment: Attachment): void {
    const { catchUp, channel, phase } = attachment;
    attachment.recheck = null;
    if (phase === 'live') {
      return;
    }
    if (catchUp.overflowed) {
      const reason = 'messages came faster than they were read, and no history is stored';
      if (attachment.isStandby) {
        this.#manager.fail(attachment, { reason });
      } else {
        this.#manager.finish(channel, new BufferOverflowError(reason));
      }
      return;
    }
    if (channel.position.fresh) {
      channel.position.begin();
    }
    attachment.gap = true;
    channel.buffer.deliver(catchUp.giveUp(), 'live');
    this.#manager.live(attachment);
  }
}
