import type { Tuning } from './options.js';
import type { Command } from './signals.js';

/** How often other credentials were asked for, as a region refused a connection; whether none came in since. */
interface Renewals {
  count: number;
  isUntried: boolean;
}

/** What the machine's parts share: its regions and options, the command list, numbers and time. */
export class Core {
  commands: Command[] = [];
  readonly regions: readonly string[];
  /** by place in `regions` */
  readonly renewals: readonly Renewals[];
  readonly options: Tuning;
  readonly random: () => number;
  /** This machine's clock, milliseconds since 1970. */
  readonly wall: () => number;
  /** Monotonic milliseconds. */
  now = 0;
  #numbers = 0;

  constructor(
    regions: readonly string[],
    options: Tuning,
    random: () => number,
    wall: () => number,
  ) {
    this.regions = regions;
    this.renewals = regions.map(() => ({ count: 0, isUntried: false }));
    this.options = options;
    this.random = random;
    this.wall = wall;
  }

  /** A new number for a connection, a subscription on it, or a request. */
  number(): number {
    this.#numbers += 1;
    return this.#numbers;
  }

  /** The name of a region by its place in the list. */
  name(region: number): string {
    return this.regions[region] ?? '';
  }

  setTimer(name: string, ms: number): void {
    this.commands.push({ type: 'set-timer', name, ms });
  }

  cancelTimer(name: string): void {
    this.commands.push({ type: 'cancel-timer', name });
  }
}
