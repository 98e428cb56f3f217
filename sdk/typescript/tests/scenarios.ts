/** The shared scenario files: reading them, and what every runner of them has in common. */

import { readdirSync, readFileSync } from 'node:fs';

import type { Beginning, Tuning } from '../src/options.js';
import type { Checkpoint, SubscriptionEvent } from '../src/types.js';
import type { Json } from './world.js';

export interface Scenario {
  readonly name: string;
  readonly real?: boolean;
  readonly auth?: string;
  readonly channels?: number;
  readonly channel?: string;
  readonly options?: Partial<Tuning> & Beginning;
  readonly steps: readonly Json[];
}

export const REGIONS = ['us', 'au'];

/** Short times, so that the same files also run against real servers in real time. */
const OPTIONS: Partial<Tuning> = {
  keepAliveMs: 500,
  connectTimeoutMs: 1000,
  startTimeoutMs: 1000,
  historyTimeoutMs: 3000,
  backoffBaseMs: 50,
  backoffCapMs: 400,
  failoverMs: 5000,
  homeProbeMs: 400,
  stableMs: 200,
};

/** The scenarios by file name. */
export function loadScenarios(): [string, Scenario][] {
  const folder = new URL('../../scenarios/', import.meta.url);
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files.sort().map((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    return [file.replace('.json', ''), JSON.parse(text) as Scenario];
  });
}

/** The client's options and where its subscription begins; the file's `after` is a message's name. */
export function optionsOf(
  scenario: Scenario,
  id: string | undefined,
  checkpoint?: Checkpoint,
): { readonly tuning: Partial<Tuning>; readonly beginning: Beginning } {
  const { after, replayMs, rewind, ...tuning } = scenario.options ?? {};
  const beginning =
    checkpoint === undefined ? { after: after && id, replayMs, rewind } : { checkpoint };
  return { tuning: { ...OPTIONS, ...tuning }, beginning };
}

/** The channels that its client subscribes to. */
export function channelsOf({ channel = 'tech', channels = 0 }: Scenario): string[] {
  return channels === 0 ? [channel] : Array.from({ length: channels }, (_, number) => `c${number}`);
}

/** The place of the channel that a step names, or of the first. */
export function placeOf(channels: readonly string[], step: Json): number {
  const { channel } = step;
  const place = typeof channel === 'string' ? channels.indexOf(channel) : 0;
  if (place < 0) {
    throw new Error(`no such channel: ${JSON.stringify(channel)}`);
  }
  return place;
}

/** An event as the files write it. */
export function label(event: SubscriptionEvent): string {
  if (event.type === 'message') {
    return event.message.message;
  }
  const words: string[] = [event.state, event.region];
  if (event.gap) {
    words.push('gap');
  }
  if (event.state === 'refused') {
    words.push(String(event.errorType));
  }
  return words.join(' ');
}

/** What the consumer saw, and how far the scenario has looked at it. */
export class Log {
  readonly #labels: string[] = [];
  #until = 0;
  #expected = 0;

  /** The consumer saw this. */
  add(text: string): void {
    this.#labels.push(text);
  }

  /** Whether it came since the last time that this returned true. */
  reached(text: string): boolean {
    const place = this.#labels.indexOf(text, this.#until);
    if (place >= 0) {
      this.#until = place + 1;
    }
    return place >= 0;
  }

  /** What came since this was asked the last time, without repetitions in a row. */
  sinceExpected(): string[] {
    const labels = this.#labels.slice(this.#expected);
    this.#expected = this.#labels.length;
    return labels.filter((text, i) => i === 0 || labels[i - 1] !== text);
  }

  toString(): string {
    return this.#labels.join(', ');
  }
}
