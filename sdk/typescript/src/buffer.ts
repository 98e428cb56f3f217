import type { Core } from './core.js';
import type { ResumePosition } from './position.js';
import { type Message, publishedTime, type State, type StateEvent } from './types.js';

/** Bytes of a message besides its text: the object and its other fields, roughly. */
const OVERHEAD_BYTES = 300;

/** What all channels of a client have in their buffers. */
export interface BufferTotal {
  bytes: number;
  channels: number;
}

function sizeOf({ message }: Message): number {
  return OVERHEAD_BYTES + 2 * message.length;
}

/**
 * What one subscription's consumer gets: messages each once, states, and how much of it is still
 * unread. Events are emitted into the machine's list of commands.
 */
export class DeliveryBuffer {
  readonly #core: Core;
  readonly #subscription: number;
  readonly #position: ResumePosition;
  readonly #total: BufferTotal;
  /** whether a page of history waits for room */
  waits = false;
  #messages = 0;
  #bytes = 0;

  constructor(core: Core, subscription: number, position: ResumePosition, total: BufferTotal) {
    this.#core = core;
    this.#subscription = subscription;
    this.#position = position;
    this.#total = total;
    total.channels += 1;
  }

  /** Whether a live message must wait for the consumer. */
  get full(): boolean {
    return this.#messages >= this.#core.options.bufferLimit || !this.#withinShare;
  }

  /** Whether a page of history may come. */
  get hasRoomForPage(): boolean {
    const { bufferLimit, pageLimit } = this.#core.options;
    return this.#messages + pageLimit <= bufferLimit && this.#withinShare;
  }

  /** Once all channels together have too much, each may have its part of it, so one slow consumer holds up no other. */
  get #withinShare(): boolean {
    const { bufferBytes } = this.#core.options;
    const { bytes, channels } = this.#total;
    return bytes < bufferBytes || this.#bytes < bufferBytes / channels;
  }

  /** The consumer took this message. */
  taken(message: Message): void {
    this.#messages -= 1;
    this.#add(-sizeOf(message));
  }

  /** Those that the consumer did not get before, in this order. */
  deliver(messages: readonly Message[], source: 'live' | 'history'): void {
    for (const message of messages) {
      if (this.#position.accept(message)) {
        this.#messages += 1;
        this.#add(sizeOf(message));
        const ageMs = Math.max(0, this.#core.wall() - publishedTime(message));
        const event = { type: 'message', message, source, own: false, ageMs } as const;
        this.#core.commands.push({ type: 'emit', subscription: this.#subscription, event });
      }
    }
  }

  /** A state of the subscription; `region` is a place in the list. */
  state(
    state: State,
    region: number,
    more: Partial<Pick<StateEvent, 'gap' | 'attempt' | 'errorType' | 'reason'>> = {},
  ): void {
    const { gap = false, attempt = 0, errorType = null, reason = null } = more;
    const name = this.#core.name(region);
    const event: StateEvent = { type: 'state', state, region: name, gap, attempt, errorType, reason };
    this.#core.commands.push({ type: 'emit', subscription: this.#subscription, event });
  }

  /** The subscription ended; what its consumer has not taken counts no more. */
  release(): void {
    this.#add(-this.#bytes);
    this.#total.channels -= 1;
  }

  #add(bytes: number): void {
    this.#bytes += bytes;
    this.#total.bytes += bytes;
  }
}
