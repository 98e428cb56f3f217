/** What a presence asks every region for again and again: the members, or how many there are. */

import { GraphQLError, isFinal } from './errors.js';
import { type Caller, execute } from './graphql.js';
import { MEMBERS, membersOf, OCCUPANCY, type Occupancy, occupancyOf } from './presenceOperations.js';
import type { Listed, Roster } from './roster.js';
import { later } from './timers.js';
import type { RegionEndpoint } from './types.js';

/** Every region's members are read so often, more or less. */
const READ_MS = 45_000;
/** In a channel with many members they are counted at most so often. */
const COUNT_MS = 10_000;

export interface Asker extends Caller {
  readonly regions: readonly RegionEndpoint[];
  readonly timeoutMs: number;
  /** Delivery to a new subscription has begun so long after `start_ack`. */
  readonly settleMs: number;
  readonly random: () => number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Whether it is refused for good; another reading begins without a token. */
function isEnd({ errorType }: GraphQLError): boolean {
  return isFinal(errorType) && errorType !== 'InvalidNextToken';
}

/** Reads the members of every region into a roster. */
export class MemberReader {
  readonly #asker: Asker;
  readonly #channel: string;
  readonly #roster: Roster;
  /** called after each reading with the users that it changed */
  readonly #read: (region: string, users: readonly string[]) => void;
  /** called when the API refuses it */
  readonly #refused: (region: string, error: GraphQLError) => void;
  readonly #readings = new Map<string, AbortController>();
  #timer: (() => void) | null = null;
  #stopped = false;

  constructor(
    asker: Asker,
    channel: string,
    roster: Roster,
    read: (region: string, users: readonly string[]) => void,
    refused: (region: string, error: GraphQLError) => void,
  ) {
    this.#asker = asker;
    this.#channel = channel;
    this.#roster = roster;
    this.#read = read;
    this.#refused = refused;
  }

  /** Subscribed: read now, and once more when delivery has begun, which is after `start_ack`. */
  subscribed(): void {
    this.#readAll(Math.min(this.#asker.settleMs, READ_MS));
  }

  /** Read no more. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.();
    this.#readings.forEach((reading) => reading.abort());
  }

  #readAll(again: number): void {
    if (this.#stopped) {
      return;
    }
    const { random, regions } = this.#asker;
    regions.forEach((endpoint) => void this.#readOne(endpoint));
    this.#timer?.();
    this.#timer = later(again, () => this.#readAll(READ_MS * (0.75 + random() / 2)));
  }

  async #readOne(endpoint: RegionEndpoint): Promise<void> {
    const { region } = endpoint;
    this.#readings.get(region)?.abort();
    const reading = new AbortController();
    this.#readings.set(region, reading);
    this.#roster.reading(region);
    let members: Listed[];
    try {
      members = await this.#pages(endpoint, reading.signal);
    } catch (error) {
      if (!reading.signal.aborted && error instanceof GraphQLError && isEnd(error)) {
        this.#refused(region, error);
      }
      // Else read again soon. A region that does not answer for long has its members dropped.
      return;
    }
    if (!reading.signal.aborted) {
      this.#read(region, this.#roster.read(region, members, this.#asker.now()));
    }
  }

  async #pages(endpoint: RegionEndpoint, signal: AbortSignal): Promise<Listed[]> {
    const { timeoutMs } = this.#asker;
    const members: Listed[] = [];
    let nextToken: string | null = null;
    do {
      const variables = { name: this.#channel, nextToken };
      const request = { query: MEMBERS, variables, timeoutMs, signal };
      const page = membersOf(await execute(this.#asker, endpoint, request));
      members.push(...page.items);
      nextToken = page.nextToken;
    } while (nextToken !== null);
    return members;
  }
}

/** Counts the connections of every region. */
export class Counter {
  readonly #asker: Asker;
  readonly #channel: string;
  readonly #counted: (count: Occupancy) => void;
  #last = -Infinity;
  #timer: (() => void) | null = null;
  #stopped = false;

  constructor(asker: Asker, channel: string, counted: (count: Occupancy) => void) {
    this.#asker = asker;
    this.#channel = channel;
    this.#counted = counted;
  }

  /** Count as soon as the last time is long enough ago. */
  soon(): void {
    const { now } = this.#asker;
    this.#timer ??= later(Math.max(0, this.#last + COUNT_MS - now()), () => {
      this.#last = now();
      this.#timer = null;
      void this.#count();
    });
  }

  /** Count no more. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.();
  }

  async #count(): Promise<void> {
    const { regions, timeoutMs } = this.#asker;
    const asked = { query: OCCUPANCY, variables: { name: this.#channel }, timeoutMs };
    const answers = await Promise.allSettled(
      regions.map(async (endpoint) => occupancyOf(await execute(this.#asker, endpoint, asked))),
    );
    let [connections, more] = [0, false];
    for (const answer of answers) {
      // A region that does not answer may have any number.
      more ||= answer.status === 'rejected' || answer.value.more;
      connections += answer.status === 'rejected' ? 0 : answer.value.connections;
    }
    if (!this.#stopped) {
      this.#counted({ connections, more });
    }
  }
}
