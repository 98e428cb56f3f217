/** Timers for any time: the platform's own fire at once beyond 2^31-1 ms (25 days). */

const LONGEST_MS = 2 ** 31 - 1;

/** Acts once, in `ms` milliseconds from now, never if that is Infinity. Returns what calls it off. */
export function later(ms: number, act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = (left: number): void => {
    const now = Math.min(left, LONGEST_MS);
    timer = setTimeout(() => (left > now ? wait(left - now) : act()), now);
  };
  if (ms !== Infinity) {
    wait(ms);
  }
  return () => clearTimeout(timer);
}

/** A random part of a time; of Infinity, all. `random` is from 0 up to, not including, 1. */
export function part(ms: number, random: number): number {
  return ms === Infinity ? ms : ms * random;
}

/** Waits so long, or until `sleeper.wake` is called. */
export async function pause(ms: number, sleeper: { wake: () => void }): Promise<void> {
  await new Promise<void>((resolve) => {
    const cancel = later(ms, resolve);
    sleeper.wake = () => {
      cancel();
      resolve();
    };
  });
  sleeper.wake = () => undefined;
}
