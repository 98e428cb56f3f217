import type { RegionError } from './api';

/** How the last operation ended, in one sentence. */
export interface Outcome {
  readonly text: string;
  readonly failed: boolean;
}

/** Does the work and shows what it says, if anything, or why it failed. */
export type Report = (work: () => Promise<string | null>) => Promise<void>;

/** One line: what was found, and each region that did not answer. */
export function summary(found: string, errors: readonly RegionError[]): string {
  return [found, ...errors.map((each) => `${each.region}: ${each.error}`)].join(' ');
}
