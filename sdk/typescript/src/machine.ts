/** A client as a state machine: inputs in, commands out, no I/O. */

import type { BufferTotal } from './buffer.js';
import { type Attachment, Channel, type Connection } from './channel.js';
import { Core } from './core.js';
import { Delivery } from './delivery.js';
import { isFinal, isUnauthorized } from './errors.js';
import { Fleet } from './fleet.js';
import { ConnectionManager } from './manager.js';
import type { Tuning } from './options.js';
import type { Frame } from './protocol.js';
import { Retry } from './retry.js';
import type { Command, Input } from './signals.js';
import type { Checkpoint, Message } from './types.js';

/**
 * All subscriptions of a client. `regions` are names in order of preference; the first is home.
 * `wall` is this machine's clock, milliseconds since 1970; it and `random` (0 to 1) are all that is
 * not in the inputs. `renewable`: whether other credentials may be had after a refusal.
 */
export class Machine {
  readonly #core: Core;
  readonly #channels = new Map<number, Channel>();
  readonly #total: BufferTotal = { bytes: 0, channels: 0 };
  readonly #fleet: Fleet;
  readonly #manager: ConnectionManager;
  readonly #delivery: Delivery;
  readonly #renewable: boolean;

  constructor(
    regions: readonly string[],
    options: Tuning,
    random: () => number,
    wall: () => number,
    renewable = false,
  ) {
    this.#core = new Core(regions, options, random, wall);
    this.#renewable = renewable;
    this.#fleet = new Fleet(this.#core, (attachment) => this.#delivery.forget(attachment));
    const retry = new Retry(options, regions.length, random);
    this.#manager = new ConnectionManager(this.#core, retry, this.#fleet, this.#channels);
    this.#delivery = new Delivery(this.#core, this.#manager);
  }

  /** The region in use, by its place in the list. */
  get region(): number {
    return this.#manager.region;
  }

  /** What is to be done, in order. `now` is monotonic milliseconds. */
  handle(input: Input, now: number): Command[] {
    this.#core.now = now;
    this.#dispatch(input);
    this.#delivery.flush();
    if (this.#channels.size === 0) {
      this.#fleet.end();
      this.#delivery.end();
    }
    const { commands } = this.#core;
    this.#core.commands = [];
    return commands;
  }

  /** How far a consumer is that has not taken `pending` yet; null before the first live. */
  checkpoint(subscription: number, pending: readonly Message[]): Checkpoint | null {
    const channel = this.#channels.get(subscription);
    channel?.attachments().forEach((attachment) => this.#delivery.noteRead(attachment));
    return channel?.position.checkpoint(pending) ?? null;
  }

  #dispatch(input: Input): void {
    switch (input.type) {
      case 'received':
        return this.#receive(input.connection, input.frame);
      case 'taken': {
        const channel = this.#channels.get(input.subscription);
        if (channel !== undefined) {
          channel.buffer.taken(input.message);
          this.#delivery.taken(channel);
        }
        return;
      }
      case 'pages':
        return this.#delivery.answers(input.request, input.answers);
      case 'timer':
        return this.#fire(input.name);
      case 'closed': {
        const connection = this.#fleet.connection(input.connection);
        if (connection !== undefined) {
          this.#manager.lose(connection, { reason: input.reason, excused: connection.kicked });
        }
        return;
      }
      case 'begin': {
        if (this.#channels.size === 0) {
          this.#core.renewals.forEach((each) => (each.isUntried = false));
        }
        const channel = new Channel(this.#core, input, this.#total);
        this.#channels.set(input.subscription, channel);
        return this.#manager.begin(channel);
      }
      case 'end': {
        const channel = this.#channels.get(input.subscription);
        if (channel !== undefined) {
          this.#manager.finish(channel, null);
        }
      }
    }
  }

  // Frames

  #receive(number: number, frame: Frame): void {
    const connection = this.#fleet.connection(number);
    if (connection === undefined) {
      return;
    }
    connection.lastFrame = this.#core.now;
    if (frame.type === 'ack') {
      if (!connection.open) {
        this.#acknowledged(connection);
        this.#fleet.opened(connection, frame.timeoutMs);
        this.#manager.opened(connection);
      }
    } else if (frame.type === 'error' && frame.id === null) {
      const nobodyLive = [...connection.attachments.values()].every(({ phase }) => phase !== 'live');
      if (!connection.open && this.#renewed(connection, frame.errorType)) {
        this.#manager.lose(connection, { reason: frame.message, errorType: frame.errorType, excused: true });
      } else if (!connection.open) {
        this.#manager.refused(connection, frame.errorType, frame.message);
      } else if (connection.starting > 0 && nobodyLive) {
        this.#manager.lose(connection, { reason: frame.message, errorType: frame.errorType });
      }
    } else if (frame.type !== 'ka') {
      const attachment = connection.attachments.get(frame.id ?? '');
      if (attachment !== undefined) {
        this.#subscription(attachment, frame);
      }
    }
  }

  #subscription(attachment: Attachment, frame: Frame): void {
    const { connection, phase } = attachment;
    switch (frame.type) {
      case 'start-ack':
        return phase === 'starting' ? this.#started(attachment) : undefined;
      case 'data':
        return this.#delivery.data(attachment, frame.message);
      case 'presence': {
        const { isStandby, channel } = attachment;
        if (!isStandby) {
          this.#core.commands.push({ type: 'presence', subscription: channel.key, event: frame.event });
        }
        return;
      }
      case 'complete': {
        // AppSync closes the whole connection after it; the others there were not kicked.
        connection.kicked = true;
        connection.closing = true;
        if (!attachment.isStandby) {
          attachment.channel.buffer.state('kicked', attachment.region);
        }
        const reason = 'the server ended the subscription';
        return this.#manager.fail(attachment, { reason, excused: true }, true);
      }
      case 'error': {
        const { errorType, message } = frame;
        if (errorType === 'MaxSubscriptionsReachedError') {
          connection.closing = true;
          return this.#manager.fail(attachment, { reason: message, errorType, excused: true }, true);
        }
        if (this.#renewable && isUnauthorized(errorType) && !attachment.channel.renewed) {
          attachment.channel.renewed = true;
          this.#core.commands.push({ type: 'renew', connection: connection.id });
          return this.#manager.fail(attachment, { reason: message, errorType, excused: true }, true);
        }
        if (attachment.channel.presence && !isFinal(errorType)) {
          // Tried again alone: who is in a channel moves no messages to another region.
          return this.#manager.fail(attachment, { reason: message, errorType, excused: true });
        }
        return this.#manager.failed(attachment, errorType, message);
      }
    }
  }

  /** Whether the refused connection is worth another try, with other credentials than its own. */
  #renewed({ id, region, renewals }: Connection, errorType: string): boolean {
    const known = this.#core.renewals[region];
    if (!this.#renewable || !isUnauthorized(errorType) || known === undefined) {
      return false;
    }
    if (renewals < known.count) {
      // It came with the credentials that another one's refusal has ended.
      return true;
    }
    // Even if that is the end: who subscribes later comes with others.
    this.#core.commands.push({ type: 'renew', connection: id });
    if (known.isUntried) {
      return false;
    }
    known.count += 1;
    known.isUntried = true;
    return true;
  }

  #acknowledged({ region, renewals }: Connection): void {
    const known = this.#core.renewals[region];
    if (known?.count === renewals) {
      known.isUntried = false;
    }
  }

  #started(attachment: Attachment): void {
    attachment.channel.renewed = false;
    this.#fleet.started(attachment);
    if (attachment.channel.presence) {
      this.#manager.live(attachment);
    } else {
      this.#delivery.begin(attachment);
    }
  }

  // Timers

  #fire(name: string): void {
    if (this.#manager.fire(name) || this.#delivery.fire(name)) {
      return;
    }
    const reason = 'the server did not answer in time';
    const late = this.#fleet.late(name);
    if (late !== null) {
      // One's failure may drop others.
      late.forEach((each) => each.phase === 'starting' && this.#manager.fail(each, { reason }));
      return;
    }
    const [kind, id = ''] = name.split(':');
    const attachment = this.#fleet.attachment(id);
    const connection = this.#fleet.connection(Number(id));
    if (kind === 'setup' && connection !== undefined) {
      this.#manager.lose(connection, { reason });
    } else if (kind === 'silence' && connection !== undefined) {
      this.#checkSilence(connection.id);
    } else if (kind === 'again' && attachment !== undefined) {
      this.#delivery.again(attachment);
    }
  }

  #checkSilence(id: number): void {
    const connection = this.#fleet.connection(id);
    if (connection === undefined) {
      return;
    }
    const silent = this.#core.now - connection.lastFrame;
    if (silent >= connection.silenceMs) {
      const reason = `no frame for ${Math.round(silent / 1000)} s`;
      this.#manager.lose(connection, { reason });
    } else {
      this.#core.setTimer(connection.silenceTimer, connection.silenceMs - silent);
    }
  }
}
