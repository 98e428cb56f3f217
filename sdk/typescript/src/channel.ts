/** What the machine knows of each subscription, and of its place on a connection. */

import { type BufferTotal, DeliveryBuffer } from './buffer.js';
import { CatchUp } from './catchup.js';
import type { Core } from './core.js';
import { ResumePosition } from './position.js';
import type { Input } from './signals.js';

type Begin = Input & { readonly type: 'begin' };

/** One connection attempt and what became of it. Times are monotonic milliseconds. */
export class Connection {
  readonly id: number;
  readonly region: number;
  /** the region's renewals of credentials before it was opened */
  readonly renewals: number;
  /** acknowledged */
  open = false;
  /** takes no further subscriptions: the server said so, or will close it */
  closing = false;
  kicked = false;
  lastFrame = 0;
  silenceMs = 0;
  /** when a subscription on it first went live */
  liveSince: number | null = null;
  readonly attachments = new Map<string, Attachment>();
  /** those to be started, in order */
  readonly queue: Attachment[] = [];
  /** how many wait for start_ack */
  starting = 0;

  constructor(id: number, region: number, renewals: number) {
    this.id = id;
    this.region = region;
    this.renewals = renewals;
  }

  /** until connection_ack */
  get setupTimer(): string {
    return `setup:${this.id}`;
  }

  /** until the connection counts as dead */
  get silenceTimer(): string {
    return `silence:${this.id}`;
  }
}

/** How far it has come; while catching up live messages are held and history is read. Over: it was dropped. */
export type Phase = 'queued' | 'starting' | 'catching-up' | 'live' | 'over';

/** A channel's subscription on a connection. */
export class Attachment {
  readonly id: string;
  readonly channel: Channel;
  readonly connection: Connection;
  phase: Phase = 'queued';
  liveSince: number | null = null;
  gap = false;
  /** the request of history under way */
  request: number | null = null;
  /** its page was asked for together with those of other channels, and that failed: ask alone */
  alone = false;
  /** for a moment, before a page is asked for again */
  waiting = false;
  historyFailures = 0;
  readonly catchUp: CatchUp;
  /** whether the page under way is one of `recheck` */
  rechecking = false;
  /** what is read again while live */
  recheck: { readonly after: string; readonly nextToken: string | null } | null = null;

  constructor(id: string, channel: Channel, connection: Connection, holdLimit: number) {
    this.id = id;
    this.channel = channel;
    this.connection = connection;
    this.catchUp = new CatchUp(holdLimit);
  }

  /** until a page is asked for again */
  get againTimer(): string {
    return `again:${this.id}`;
  }

  get region(): number {
    return this.connection.region;
  }

  get isStandby(): boolean {
    return this.channel.standby === this;
  }
}

/**
 * One subscription of the client's user. `main` is where its messages come from; while failed over
 * there may be a `standby`, by which it goes home: that one is subscribed and has caught up before
 * the main one is dropped.
 */
export class Channel {
  readonly key: number;
  readonly name: string;
  /** with how many of the newest messages it begins */
  readonly rewind: number;
  readonly presence: boolean;
  readonly position: ResumePosition;
  readonly buffer: DeliveryBuffer;
  main: Attachment | null = null;
  standby: Attachment | null = null;
  everLive = false;
  /** other credentials were asked for, since it was refused */
  renewed = false;
  /** attempts of this channel alone, while others are live */
  failures = 0;

  constructor(
    core: Core,
    { beginning, channel: name, presence = false, subscription: key }: Begin,
    total: BufferTotal,
  ) {
    this.key = key;
    this.name = name;
    this.presence = presence;
    this.rewind = beginning.rewind ?? 0;
    this.position = new ResumePosition(core.options, beginning, core.wall);
    this.buffer = new DeliveryBuffer(core, key, this.position, total);
  }

  /** until this channel alone is tried again */
  get retryTimer(): string {
    return `retry:${this.key}`;
  }

  /** Whether it is for all channels of a pattern: their messages are stored by channel. */
  get isPattern(): boolean {
    return this.name.endsWith('*');
  }

  /** Those that there are. */
  attachments(): Attachment[] {
    return [this.main, this.standby].filter((each) => each !== null);
  }
}
