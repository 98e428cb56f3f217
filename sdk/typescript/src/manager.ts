/** The connection manager: attempts, failover, and the end of subscriptions. */

import type { Attachment, Channel, Connection } from './channel.js';
import type { Core } from './core.js';
import { type ClientError, isFinal, whatNext } from './errors.js';
import type { Fleet } from './fleet.js';
import { HOME_REGION, WayHome } from './home.js';
import type { Attempt, Retry } from './retry.js';

const RETRY = 'retry';

export interface Loss {
  readonly reason: string;
  readonly errorType?: string | null;
  /** No failure of the region. */
  readonly excused?: boolean;
}

/** Regions fail over for the whole client; what concerns one channel moves no other. */
export class ConnectionManager {
  readonly #core: Core;
  readonly #retry: Retry;
  readonly #fleet: Fleet;
  readonly #channels: Map<number, Channel>;
  readonly #home: WayHome;
  /** those without a connection, until the next attempt */
  readonly #waiting = new Set<Channel>();
  /** `region` is the one in use */
  #next: Attempt = { region: HOME_REGION, delayMs: 0, number: 1 };
  #pending = false;

  constructor(core: Core, retry: Retry, fleet: Fleet, channels: Map<number, Channel>) {
    this.#core = core;
    this.#retry = retry;
    this.#fleet = fleet;
    this.#channels = channels;
    this.#home = new WayHome(core, fleet, channels);
  }

  /** The region in use, by its place in the list. */
  get region(): number {
    return this.#next.region;
  }

  /** The first attempt of a subscription. */
  begin(channel: Channel): void {
    channel.buffer.state('connecting', this.region, { attempt: this.#pending ? this.#next.number : 1 });
    this.#place(channel);
  }

  /** The connection is acknowledged. */
  opened(connection: Connection): void {
    this.#home.opened(connection);
  }

  /** The attachment is subscribed and reads history; a loss before has told of it already. */
  subscribed({ channel, isStandby, region }: Attachment): void {
    if (!isStandby && !channel.everLive) {
      channel.buffer.state('resuming', region, { attempt: this.#next.number });
    }
  }

  /** The attachment has caught up. */
  live(attachment: Attachment): void {
    const { channel, connection, region } = attachment;
    const firstTime = attachment.liveSince === null;
    attachment.phase = 'live';
    attachment.catchUp.overflowed = false;
    attachment.liveSince ??= this.#core.now;
    connection.liveSince ??= this.#core.now;
    if (attachment.isStandby) {
      this.#next = { ...this.#next, region };
      const previous = channel.main;
      channel.main = attachment;
      channel.standby = null;
      if (previous !== null) {
        this.#fleet.detach(previous);
      }
    }
    channel.everLive = true;
    this.#retry.live();
    const home = region === HOME_REGION;
    channel.buffer.state(home ? 'live' : 'failed-over', region, { gap: attachment.gap });
    attachment.gap = false;
    if (home) {
      this.#home.stop();
    } else if (firstTime) {
      this.#home.probeLater();
    }
  }

  /** The connection is of no use any more; another attempt follows. */
  lose(connection: Connection, loss: Loss): void {
    const mains: Channel[] = [];
    for (const { channel, isStandby } of this.#fleet.close(connection)) {
      if (isStandby) {
        channel.standby = null;
      } else {
        channel.main = null;
        mains.push(channel);
      }
    }
    if (mains.length > 0) {
      this.#again(mains, connection.region, connection.liveSince, loss);
    }
    // After `again`: what is lost now is not on its way home.
    this.#home.lost(connection);
  }

  /** The connection was refused with an error. */
  refused(connection: Connection, errorType: string, reason: string): void {
    if (isFinal(errorType)) {
      for (const attachment of connection.attachments.values()) {
        if (!attachment.isStandby) {
          this.#refuse(attachment, errorType, reason);
        }
      }
    }
    if (this.#fleet.connection(connection.id) !== undefined) {
      this.lose(connection, { reason, errorType });
    }
  }

  /** One subscription is of no use any more; the others on the connection are not concerned. */
  fail(attachment: Attachment, loss: Loss, over = false): void {
    const { channel, isStandby, liveSince, region } = attachment;
    this.#fleet.detach(attachment, over);
    if (isStandby) {
      channel.standby = null;
      this.#home.probeLater();
      return;
    }
    channel.main = null;
    const alone = loss.excused === true || this.#fleet.isLive(region);
    if (alone && !this.#pending && channel.standby === null) {
      const { stableMs } = this.#core.options;
      const stable = liveSince !== null && this.#core.now - liveSince >= stableMs;
      channel.failures = stable ? 0 : channel.failures + 1;
      const delay = this.#retry.jitter(Math.max(0, channel.failures - 1));
      this.#core.setTimer(channel.retryTimer, delay);
      this.#tell(channel, Math.max(1, channel.failures), loss);
    } else {
      this.#again([channel], region, liveSince, loss);
    }
  }

  /** The API answered one subscription with an error. */
  failed(attachment: Attachment, errorType: string | null, reason: string): void {
    // Regions may disagree for a moment about a policy: only the one in use decides.
    if (errorType !== null && isFinal(errorType) && !attachment.isStandby) {
      this.#refuse(attachment, errorType, reason);
    } else {
      this.fail(attachment, { reason, errorType });
    }
  }

  /** A timer's time came; whether it was one of the manager's. */
  fire(name: string): boolean {
    if (name === RETRY) {
      this.#pending = false;
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      waiting.forEach((channel) => this.#place(channel));
      return true;
    }
    if (this.#home.fire(name)) {
      return true;
    }
    const [kind, key] = name.split(':');
    const channel = kind === RETRY ? this.#channels.get(Number(key)) : undefined;
    if (channel !== undefined) {
      this.#place(channel);
    }
    return channel !== undefined;
  }

  /** The end of a subscription. */
  finish(channel: Channel, error: ClientError | null): void {
    for (const attachment of channel.attachments()) {
      this.#fleet.detach(attachment);
    }
    channel.main = null;
    channel.standby = null;
    this.#waiting.delete(channel);
    this.#core.cancelTimer(channel.retryTimer);
    channel.buffer.release();
    const { key, position } = channel;
    this.#core.commands.push({ type: 'finish', subscription: key, error, position });
    this.#channels.delete(channel.key);
    if (this.#channels.size === 0) {
      this.#core.cancelTimer(RETRY);
      this.#pending = false;
      this.#home.end();
    }
  }

  #refuse({ channel, region }: Attachment, errorType: string, reason: string): void {
    channel.buffer.state('refused', region, { errorType, reason });
    this.finish(channel, null);
  }

  #place(channel: Channel): void {
    if (this.#pending) {
      this.#waiting.add(channel);
    } else {
      channel.main ??= this.#fleet.attach(channel, this.region);
    }
  }

  /** Another attempt for these, which were connected in `region`. */
  #again(channels: Channel[], region: number, liveSince: number | null, loss: Loss): void {
    const left = channels.filter((channel) => !this.#promote(channel, loss));
    if (left.length === 0) {
      return;
    }
    if (left.length < channels.length || region !== this.region) {
      // The client is on its way to another region already.
      for (const channel of left) {
        this.#tell(channel, this.#next.number, loss);
        this.#place(channel);
      }
      return;
    }
    if (!this.#pending) {
      const { errorType = null, excused = false } = loss;
      const leave = whatNext(errorType) === 'region';
      this.#next = this.#retry.lost(region, this.#core.now, liveSince, { excused, leave });
      this.#pending = true;
      this.#core.setTimer(RETRY, this.#next.delayMs);
      if (this.region !== region) {
        left.push(...this.#leave(region));
      }
    }
    for (const channel of left) {
      this.#waiting.add(channel);
      this.#tell(channel, this.#next.number, loss);
    }
    this.#home.stop();
  }

  /** A channel whose way home is under way goes on there: it is the next attempt. */
  #promote(channel: Channel, loss: Loss): boolean {
    if (channel.standby === null) {
      return false;
    }
    this.#next = { ...this.#next, region: channel.standby.region };
    channel.main = channel.standby;
    channel.standby = null;
    this.#tell(channel, this.#next.number, loss);
    return true;
  }

  /** The whole client leaves the region; those that were still connected there are returned. */
  #leave(region: number): Channel[] {
    const channels: Channel[] = [];
    for (const connection of this.#fleet.connections(region)) {
      for (const attachment of this.#fleet.close(connection)) {
        const { channel, isStandby } = attachment;
        if (isStandby) {
          // It was on its way there, and stays where it is.
          channel.standby = null;
        } else {
          channel.main = null;
          channels.push(channel);
        }
      }
    }
    return channels;
  }

  #tell(channel: Channel, number: number, { errorType = null, reason }: Loss): void {
    const [state, attempt] = channel.everLive
      ? (['resuming', number] as const)
      : (['connecting', number + 1] as const);
    channel.buffer.state(state, this.region, { attempt, errorType, reason });
  }
}
