/** The shared scenario files: reading them, and what every runner of them has in common. */

import { readdirSync, readFileSync } from 'node:fs';

import { completeOptions, type Options, type Tuning } from '../src/options.js';
import type { Checkpoint, SubscriptionEvent } from '../src/types.js';
import type { Json } from './world.js';

export interface Scenario {
  readonly name: string;
  readonly real?: boolean;
  readonly options?: Partial<Tuning> & { readonly after?: string; readonly replayMs?: number };
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

/** The subscriber's options; the file's `after` is a message's name, here it is its id. */
export function optionsOf(
  scenario: Scenario,
  after: string | undefined,
  checkpoint?: Checkpoint,
): Options {
  return completeOptions({ ...OPTIONS, ...scenario.options, after, checkpoint });
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
