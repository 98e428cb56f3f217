import { Attachment, type Channel, Connection } from './channel.js';
import type { Core } from './core.js';
import { Deadlines } from './deadlines.js';

const STARTS = 'starts';

/** The client's connections, and which channel is subscribed on which of them. */
export class Fleet {
  readonly #core: Core;
  readonly #connections = new Map<number, Connection>();
  readonly #attachments = new Map<string, Attachment>();
  /** those that wait for start_ack */
  readonly #starting: Deadlines<Attachment>;
  /** called for an attachment that is dropped */
  readonly #dropped: (attachment: Attachment) => void;

  constructor(core: Core, dropped: (attachment: Attachment) => void) {
    this.#core = core;
    this.#starting = new Deadlines(core, STARTS, core.options.startTimeoutMs, ({ phase }) => phase === 'starting');
    this.#dropped = dropped;
  }

  /** The connection with this number, unless it was dropped. */
  connection(id: number): Connection | undefined {
    return this.#connections.get(id);
  }

  /** All of them, or those of a region. */
  connections(region?: number): Connection[] {
    const all = [...this.#connections.values()];
    return region === undefined ? all : all.filter((each) => each.region === region);
  }

  /** The attachment with this id, unless it was dropped. */
  attachment(id: string): Attachment | undefined {
    return this.#attachments.get(id);
  }

  /** Whether a channel is live in the region. */
  isLive(region: number): boolean {
    for (const { phase, region: where, isStandby } of this.#attachments.values()) {
      if (phase === 'live' && where === region && !isStandby) {
        return true;
      }
    }
    return false;
  }

  /** Subscribe the channel in the region, on a connection with room for it or on a new one. */
  attach(channel: Channel, region: number): Attachment {
    const { holdLimit, subscriptionsPerConnection: most } = this.#core.options;
    const free = this.connections(region).find(
      ({ attachments, closing }) => !closing && attachments.size < most,
    );
    const connection = free ?? this.#open(region);
    const id = String(this.#core.number());
    const attachment = new Attachment(id, channel, connection, holdLimit);
    connection.attachments.set(id, attachment);
    connection.queue.push(attachment);
    this.#attachments.set(id, attachment);
    if (connection.open) {
      this.#start(connection);
    }
    return attachment;
  }

  /** The server acknowledged the connection. */
  opened(connection: Connection, timeoutMs: number | null): void {
    const { keepAliveMs, silenceFactor } = this.#core.options;
    connection.open = true;
    connection.silenceMs = Math.min(keepAliveMs * silenceFactor, timeoutMs ?? Infinity);
    this.#core.cancelTimer(connection.setupTimer);
    this.#core.setTimer(connection.silenceTimer, connection.silenceMs);
    this.#start(connection);
  }

  /** The server answered `start`. */
  started(attachment: Attachment): void {
    attachment.phase = 'catching-up';
    attachment.connection.starting -= 1;
    this.#start(attachment.connection);
  }

  /** A timer's time came: those that got no start_ack in time, or null if the timer is another's. */
  late(name: string): Attachment[] | null {
    return name === STARTS ? this.#starting.fire() : null;
  }

  /** Nothing is subscribed to any more. */
  end(): void {
    this.#starting.clear();
  }

  /** End the subscription, and its connection if that has no other; `over`: the server ended it. */
  detach(attachment: Attachment, over = false): void {
    const { connection, id, phase } = attachment;
    this.#forget(attachment);
    connection.attachments.delete(id);
    if (connection.attachments.size === 0) {
      this.#drop(connection);
      return;
    }
    if (phase === 'queued') {
      connection.queue.splice(connection.queue.indexOf(attachment), 1);
    } else if (!over) {
      this.#core.commands.push({ type: 'stop', connection: connection.id, id });
    }
    this.#start(connection);
  }

  /** The connection is of no use any more; its attachments are dropped and returned. */
  close(connection: Connection): Attachment[] {
    const attachments = [...connection.attachments.values()];
    for (const attachment of attachments) {
      this.#forget(attachment);
    }
    this.#drop(connection);
    return attachments;
  }

  #open(region: number): Connection {
    const renewals = this.#core.renewals[region]?.count ?? 0;
    const connection = new Connection(this.#core.number(), region, renewals);
    this.#connections.set(connection.id, connection);
    this.#core.commands.push({ type: 'open', connection: connection.id, region });
    this.#core.setTimer(connection.setupTimer, this.#core.options.connectTimeoutMs);
    return connection;
  }

  /** Start those that wait, few at a time: a region that comes back must not be overrun. */
  #start(connection: Connection): void {
    while (connection.open && connection.starting < this.#core.options.startsAtOnce) {
      const next = connection.queue.shift();
      if (next === undefined) {
        return;
      }
      next.phase = 'starting';
      connection.starting += 1;
      const { channel, id } = next;
      const { name, presence } = channel;
      this.#core.commands.push({ type: 'start', connection: connection.id, id, channel: name, presence });
      this.#starting.add(next);
    }
  }

  #forget(attachment: Attachment): void {
    const { connection, id, phase } = attachment;
    this.#attachments.delete(id);
    if (phase === 'starting') {
      connection.starting -= 1;
    }
    this.#dropped(attachment);
    attachment.phase = 'over';
  }

  #drop(connection: Connection): void {
    this.#connections.delete(connection.id);
    this.#core.cancelTimer(connection.setupTimer);
    this.#core.cancelTimer(connection.silenceTimer);
    this.#core.commands.push({ type: 'drop', connection: connection.id });
  }
}
