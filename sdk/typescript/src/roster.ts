/** Who is in a channel, as the regions' answers and events tell it. No I/O; times are monotonic milliseconds. */

/** A region that neither answered nor sent for that long is cut off: its members are shown no more. */
export const SILENCE_MS = 90_000;
/** Events are at most a minute late, and a reading is at most so old: then nothing earlier comes any more. */
const GONE_MS = 300_000;

/** One connection, as a region lists it. Of its changes the one with the higher `seq` is the later. */
export interface Listed {
  readonly user: string;
  readonly connection: string;
  readonly data: string | null;
  /** ISO 8601 */
  readonly enteredAt: string;
  readonly seq: number;
  readonly region: string;
}

/** What the API tells of a change; of COUNT only the region. */
export type PresenceEvent =
  | { readonly action: 'COUNT'; readonly region: string }
  | (Listed & { readonly action: 'ENTER' | 'UPDATE' | 'LEAVE' });

/** A user's connection to the channel. */
export interface PresenceConnection {
  readonly connection: string;
  readonly region: string;
  readonly data: string | null;
  /** ISO 8601 */
  readonly enteredAt: string;
}

/** A user in the channel, with all connections; `data` and `enteredAt` are those of the newest one. */
export interface PresenceMember {
  readonly user: string;
  readonly data: string | null;
  /** ISO 8601 */
  readonly enteredAt: string;
  /** oldest first, at least one */
  readonly connections: readonly PresenceConnection[];
}

interface Entry extends Listed {
  /** the place of its last change among all that the roster was told */
  readonly told: number;
}

interface Gone {
  readonly seq: number;
  readonly at: number;
}

/** The members of one channel, merged over regions. The methods that change it return the users concerned. */
export class Roster {
  /** by region and connection */
  readonly #entries = new Map<string, Entry>();
  /** the connections that have left, by region and connection: what is told late about them is dropped */
  readonly #gone = new Map<string, Gone>();
  readonly #users = new Map<string, Set<string>>();
  /** when each region was last heard of */
  readonly #heard = new Map<string, number>();
  /** for each region that is being read, what had been told when that began */
  readonly #readings = new Map<string, number>();
  #told = 0;

  /** The user as all others see it; null if gone. */
  member(user: string): PresenceMember | null {
    const entries = [...(this.#users.get(user) ?? [])].flatMap((key) => this.#entries.get(key) ?? []);
    entries.sort((a, b) => order(a.enteredAt, b.enteredAt) || order(a.connection, b.connection));
    const newest = entries.at(-1);
    if (newest === undefined) {
      return null;
    }
    const connections = entries.map(({ connection, data, enteredAt, region }) => ({
      connection,
      region,
      data,
      enteredAt,
    }));
    return { user, data: newest.data, enteredAt: newest.enteredAt, connections };
  }

  /** All users, by name. */
  members(): PresenceMember[] {
    return [...this.#users.keys()].sort(order).flatMap((user) => this.member(user) ?? []);
  }

  /** A change was told. */
  apply(event: PresenceEvent, now: number): string[] {
    this.#heard.set(event.region, now);
    if (event.action === 'COUNT') {
      return [];
    }
    const key = keyOf(event);
    if (event.seq <= this.#seq(key)) {
      return [];
    }
    if (event.action === 'LEAVE') {
      this.#gone.set(key, { seq: event.seq, at: now });
      return this.#remove(key);
    }
    const enteredAt = this.#entries.get(key)?.enteredAt ?? event.enteredAt;
    return this.#put({ ...event, enteredAt });
  }

  /** A reading of the region begins; what is told of it meanwhile counts, whatever the reading says. */
  reading(region: string): void {
    this.#readings.set(region, this.#told);
  }

  /** The reading is complete: these are the region's members. */
  read(region: string, members: readonly Listed[], now: number): string[] {
    const began = this.#readings.get(region) ?? this.#told;
    this.#readings.delete(region);
    this.#heard.set(region, now);
    const listed = new Set(members.map(keyOf));
    const users: string[] = [];
    for (const [key, entry] of this.#entries) {
      if (entry.region === region && !listed.has(key) && entry.told <= began) {
        users.push(...this.#remove(key));
      }
    }
    for (const member of members) {
      if (member.seq > this.#seq(keyOf(member))) {
        users.push(...this.#put(member));
      }
    }
    for (const [key, { at }] of this.#gone) {
      if (now - at > GONE_MS) {
        this.#gone.delete(key);
      }
    }
    return users;
  }

  /** Drop the members of regions that have been silent for too long. */
  silent(now: number): string[] {
    const users: string[] = [];
    for (const [key, { region }] of this.#entries) {
      if (now - (this.#heard.get(region) ?? -Infinity) >= SILENCE_MS) {
        users.push(...this.#remove(key));
      }
    }
    return users;
  }

  /** When `silent` has something to do next, if nothing is heard; Infinity: there are no members. */
  get silentAt(): number {
    const heard = [...this.#entries.values()].map(({ region }) => this.#heard.get(region) ?? -Infinity);
    return heard.reduce((first, each) => Math.min(first, each), Infinity) + SILENCE_MS;
  }

  #seq(key: string): number {
    return Math.max(this.#entries.get(key)?.seq ?? -1, this.#gone.get(key)?.seq ?? -1);
  }

  #put(listed: Listed): string[] {
    const key = keyOf(listed);
    const before = this.#remove(key);
    const { connection, data, enteredAt, region, seq, user } = listed;
    this.#told += 1;
    this.#entries.set(key, { user, connection, data, enteredAt, seq, region, told: this.#told });
    const keys = this.#users.get(user) ?? new Set();
    this.#users.set(user, keys.add(key));
    this.#gone.delete(key);
    return [...before, user];
  }

  #remove(key: string): string[] {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      return [];
    }
    this.#entries.delete(key);
    const keys = this.#users.get(entry.user);
    keys?.delete(key);
    if (keys?.size === 0) {
      this.#users.delete(entry.user);
    }
    return [entry.user];
  }
}

function keyOf({ connection, region }: Listed): string {
  return `${region} ${connection}`;
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
