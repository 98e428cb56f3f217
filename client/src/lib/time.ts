const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' });

/** `10:42:07`, by the reader's own clock; empty for what is no time. */
export function clock(epochMilliseconds: number): string {
  return Number.isFinite(epochMilliseconds) ? CLOCK.format(epochMilliseconds) : '';
}

/** The same with its date and time zone. */
export function fullTime(epochMilliseconds: number): string {
  return Number.isFinite(epochMilliseconds) ? DATE.format(epochMilliseconds) : '';
}

/** `183 ms`, `2.4 s`, `3 min`. Clocks differ a little: what would be negative is shown as 0. */
export function duration(milliseconds: number): string {
  const positive = Math.max(0, milliseconds);
  if (positive < 999.5) return `${Math.round(positive)} ms`;
  if (positive < 59_950) return `${(positive / 1000).toFixed(1)} s`;
  if (positive < 3_570_000) return `${Math.round(positive / 60_000)} min`;
  return `${Math.round(positive / 3_600_000)} h`;
}
