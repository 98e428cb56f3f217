/** Calls an application's listeners. */

/**
 * Each gets the value. One that throws stops neither the others nor the client: its error is an uncaught
 * one, as of any event listener.
 */
export function callAll<T>(listeners: ReadonlySet<(value: T) => void>, value: T): void {
  for (const listener of [...listeners]) {
    try {
      listener(value);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
