/** How the last operation ended, in one sentence. */
export interface Outcome {
  readonly text: string;
  readonly failed: boolean;
}

/** Does the work and shows what it says, if anything, or why it failed. */
export type Report = (work: () => Promise<string | null>) => Promise<void>;
