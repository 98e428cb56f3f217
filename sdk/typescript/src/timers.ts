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

/**
 * What the promise brings. Rejects after `ms`, and with `signal.reason` once that is aborted, whatever
 * becomes of the promise.
 */
export async function inTime<T>(
  promise: T | Promise<T>,
  ms: number,
  signal?: AbortSignal,
): Promise<T> {
  signal?.throwIfAborted();
  let end: () => void = () => undefined;
  const over = new Promise<never>((_, reject) => {
    const cancel = later(ms, () => reject(new Error(`nothing within ${ms / 1000} s`)));
    const abort = (): void => reject(signal?.reason as Error);
    signal?.addEventListener('abort', abort);
    end = () => {
      cancel();
      signal?.removeEventListener('abort', abort);
    };
  });
  try {
    return await Promise.race([promise, over]);
  } finally {
    end();
  }
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
