/** Who is in a channel: a handle that follows it, and makes the client a member. */

import { ClientError, type GraphQLError, RefusedError } from './errors.js';
import type { Lease } from './lease.js';
import { callAll } from './listeners.js';
import { type Asker, Counter, MemberReader } from './polling.js';
import type { Occupancy } from './presenceOperations.js';
import { type PresenceEvent, type PresenceMember, Roster } from './roster.js';
import { later } from './timers.js';
import type { StateEvent, SubscriptionEvent } from './types.js';

/** `data` is shown to others (at most 1,024 bytes). Without `enter` the client only watches. */
export interface PresenceOptions {
  readonly data?: string | null | undefined;
  readonly enter?: boolean | undefined;
  /** Closes the presence; its iteration ends. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A user has come, changed what is shown, or left with the last connection (`member` is as it was).
 * COUNT: the channel has so many members that nobody is named; `more` means at least so many connections.
 */
export type PresenceChange =
  | { readonly action: 'ENTER' | 'UPDATE' | 'LEAVE'; readonly member: PresenceMember }
  | { readonly action: 'COUNT'; readonly connections: number; readonly more: boolean };

/** What a presence needs of its client. */
export interface PresenceHost extends Asker {
  readonly lease: Lease;
  /** No event of the channel is wanted any more. */
  readonly end: () => Promise<void>;
}

/**
 * Who is in a channel, over all regions: `members`, and an iteration over what changes, beginning with
 * an ENTER for each that is there. Who reads it slowly gets one change for several of the same
 * user. The iteration ends after `close`; it throws RefusedError if the API refuses the channel.
 */
export class Presence implements AsyncIterableIterator<PresenceChange> {
  readonly channel: string;
  readonly #host: Promise<PresenceHost>;
  readonly #roster = new Roster();
  /** as the iteration has told them */
  readonly #told = new Map<string, PresenceMember>();
  readonly #changed = new Set<string>();
  readonly #watchers = new Set<(state: StateEvent) => void>();
  #data: string | null;
  readonly #enters: boolean;
  #state: StateEvent | null = null;
  #count: Occupancy | null = null;
  #counted = false;
  #counter: Counter | null = null;
  #reader: MemberReader | null = null;
  #silenceTimer: (() => void) | null = null;
  #failure: ClientError | null = null;
  #isEntered = false;
  #isRead = false;
  #over = false;
  #closed: Promise<void> | null = null;
  readonly #wakes = new Set<() => void>();

  /** Use `Client.presence`. */
  constructor(channel: string, host: Promise<PresenceHost>, { data = null, enter = true }: PresenceOptions) {
    this.channel = channel;
    this.#host = host;
    this.#data = data;
    this.#enters = enter;
  }

  /** All who are there now, by user, whatever the iteration has given out. */
  get members(): readonly PresenceMember[] {
    return this.#roster.members();
  }

  /** How many connections there are, once the channel has so many members that nobody is named. */
  get count(): Occupancy | null {
    return this.#count;
  }

  /** How the presence is connected; null before the first state. */
  get state(): StateEvent | null {
    return this.#state;
  }

  /** Be told of each change of `state` when it happens. Returns what ends that. */
  onState(watcher: (state: StateEvent) => void): () => void {
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  /**
   * Wait until the channel is entered, and the members in the region in use are known: as long as it
   * takes until a region answers. Rejects with RefusedError if the API refuses it.
   */
  async ready(): Promise<this> {
    while (!this.#over && !(this.#isRead && (this.#isEntered || !this.#enters))) {
      await new Promise<void>((resolve) => this.#wakes.add(resolve));
    }
    if (this.#failure !== null) {
      throw this.#failure;
    }
    return this;
  }

  /** Show other data to others from now on. Throws ClientError where the client only watches. */
  update(data: string | null): void {
    if (!this.#enters) {
      throw new ClientError('this presence only watches: it has no data to show');
    }
    this.#data = data;
    if (this.#state?.state === 'live' || this.#state?.state === 'failed-over') {
      void this.#enter();
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next change. */
  async next(): Promise<IteratorResult<PresenceChange>> {
    for (;;) {
      if (!this.#over) {
        const change = this.#take();
        if (change !== null) {
          return { done: false, value: change };
        }
        await new Promise<void>((resolve) => this.#wakes.add(resolve));
        continue;
      }
      if (this.#failure !== null) {
        throw this.#failure;
      }
      return { done: true, value: undefined };
    }
  }

  /** What `break` in a `for await` calls. */
  async return(): Promise<IteratorResult<PresenceChange>> {
    await this.close();
    return { done: true, value: undefined };
  }

  /** Leave the channel and follow it no more. Resolves when that is done. */
  close(): Promise<void> {
    this.#stop();
    this.#closed ??= this.#end();
    return this.#closed;
  }

  /** For the client: the state of the channel's subscription; it brings no messages. @internal */
  put(state: SubscriptionEvent): void {
    if (this.#over || state.type !== 'state') {
      return;
    }
    this.#tell(state);
    if (state.state === 'live' || state.state === 'failed-over') {
      void this.#connected(state.region);
    } else if (state.state === 'refused') {
      this.#refused(new RefusedError(state.errorType ?? 'UnknownError', state.reason ?? ''));
    }
  }

  /** For the client: a change was told. @internal */
  change(event: PresenceEvent | null): void {
    if (this.#over || event === null) {
      // One that does not say what changed: the next reading does.
      return;
    }
    void this.#host.then((host) => {
      if (this.#over) {
        return;
      }
      this.#note(this.#roster.apply(event, host.now()), host);
      if (event.action === 'COUNT') {
        this.#counter ??= new Counter(host, this.channel, (count) => {
          this.#count = count;
          this.#counted = true;
          this.#wake();
        });
        this.#counter.soon();
      }
    });
  }

  /** For the client: no event comes any more; why is known already. @internal */
  finish(): void {
    // `put` got the refusal.
  }

  #tell(state: StateEvent): void {
    this.#state = state;
    callAll(this.#watchers, state);
  }

  #wake(): void {
    const wakes = [...this.#wakes];
    this.#wakes.clear();
    wakes.forEach((wake) => wake());
  }

  #stop(): void {
    this.#over = true;
    this.#silenceTimer?.();
    this.#counter?.stop();
    this.#reader?.stop();
    this.#wake();
  }

  async #end(): Promise<void> {
    const host = await this.#host;
    await Promise.all([host.lease.leave(this.channel, this), host.end()]);
  }

  #refused(error: ClientError): void {
    this.#failure = error;
    this.#stop();
    // The channel is left, too, where only watching it was refused.
    void this.close();
  }

  /** The API refuses a call, although it takes the subscription. */
  #refusedBy({ errorType, reason }: GraphQLError): void {
    if (!this.#over) {
      const region = this.#state?.region ?? '';
      const plain = { type: 'state', gap: false, attempt: 0 } as const;
      this.#tell({ ...plain, state: 'refused', region, errorType, reason });
      this.#refused(new RefusedError(errorType, reason));
    }
  }

  async #enter(): Promise<void> {
    const { lease } = await this.#host;
    if (this.#over) {
      return;
    }
    lease.enter(this.channel, this, {
      data: this.#data,
      entered: () => {
        this.#isEntered = true;
        this.#wake();
      },
      refused: (error) => this.#refusedBy(error),
    });
  }

  /** Subscribed, or once more: what was told meanwhile is in the regions' lists. */
  async #connected(region: string): Promise<void> {
    const host = await this.#host;
    const endpoint = host.regions.find((each) => each.region === region);
    if (this.#enters && endpoint !== undefined) {
      host.lease.move(endpoint);
      await this.#enter();
    }
    if (this.#over) {
      return;
    }
    const read = (of: string, users: readonly string[]): void => {
      this.#note(users, host);
      this.#isRead ||= of === this.#state?.region;
      this.#wake();
    };
    // Regions may disagree for a moment about a rule: only the one in use decides.
    const refused = (by: string, error: GraphQLError): void =>
      by === this.#state?.region ? this.#refusedBy(error) : undefined;
    this.#reader ??= new MemberReader(host, this.channel, this.#roster, read, refused);
    this.#reader.subscribed();
  }

  /** These users may have changed. */
  #note(users: readonly string[], host: PresenceHost): void {
    users.forEach((user) => this.#changed.add(user));
    if (users.length > 0) {
      this.#wake();
    }
    if (this.#silenceTimer === null && !this.#over && this.#roster.silentAt !== Infinity) {
      this.#silenceTimer = later(this.#roster.silentAt - host.now(), () => {
        this.#silenceTimer = null;
        this.#note(this.#roster.silent(host.now()), host);
      });
    }
  }

  #take(): PresenceChange | null {
    for (const user of this.#changed) {
      this.#changed.delete(user);
      const before = this.#told.get(user);
      const member = this.#roster.member(user);
      if (member === null) {
        this.#told.delete(user);
        if (before !== undefined) {
          return { action: 'LEAVE', member: before };
        }
        continue;
      }
      this.#told.set(user, member);
      if (before === undefined) {
        return { action: 'ENTER', member };
      }
      if (before.data !== member.data) {
        return { action: 'UPDATE', member };
      }
    }
    if (this.#counted && this.#count !== null) {
      this.#counted = false;
      return { action: 'COUNT', ...this.#count };
    }
    return null;
  }
}
