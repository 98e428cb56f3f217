import type { Ledger } from './ledger.js';
import type { Options } from './options.js';
import type { Command } from './signals.js';
import type { Message, State, StateEvent } from './types.js';

/**
 * What the consumer gets: messages each once, states, and how much of it is still unread. Events
 * are emitted into the machine's list of commands.
 */
export class Outbox {
  #pending = 0;

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

  /** Whether a live message must wait for the consumer. */
  get full(): boolean {
    return this.#pending >= this.options.bufferLimit;
  }

  /** Whether a whole page of history may come. */
  get hasRoomForPage(): boolean {
    return this.#pending + this.options.pageLimit <= this.options.bufferLimit;
  }

  /** The consumer took so many messages. */
  taken(messages: number): void {
    this.#pending -= messages;
  }

  /** Those that the consumer did not get before, in this order. */
  deliver(messages: readonly Message[]): void {
    for (const message of messages) {
      if (this.ledger.accept(message)) {
        this.#pending += 1;
        this.commands.push({ type: 'emit', event: { type: 'message', message } });
      }
    }
  }

  /** A state of the subscription; `region` is a place in the list. */
  state(
    state: State,
    region: number,
    more: Partial<Pick<StateEvent, 'gap' | 'attempt' | 'errorType' | 'reason'>> = {},
  ): void {
    const name = this.regions[region] ?? '';
    const plain = { gap: false, attempt: 0, errorType: null, reason: null };
    const event: StateEvent = { type: 'state', state, region: name, ...plain, ...more };
    this.commands.push({ type: 'emit', event });
  }
}
