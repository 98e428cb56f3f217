/**
 * ULIDs as the API uses them for message ids: 48 bits of milliseconds, then 80 random bits.
 * Only what resuming needs: the time in an id, the first id of a millisecond, and a new id.
 */

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** What a character is worth, by its code. */
const DIGITS = Array.from({ length: 91 }, (_, code) => ALPHABET.indexOf(String.fromCharCode(code)));
const PATTERN = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const TIME_LENGTH = 10;
const TAIL_LENGTH = 16;
const MAX_MS = 2 ** 48 - 1;

/** Whether the text is a ULID in the API's spelling (26 characters, upper case). */
export function isUlid(text: string): boolean {
  return PATTERN.test(text);
}

/** The milliseconds since 1970 in a ULID; throws RangeError if it is none. */
export function timeOf(ulid: string): number {
  if (!isUlid(ulid)) {
    throw new RangeError(`not a ULID: ${ulid}`);
  }
  let value = 0;
  for (let place = 0; place < TIME_LENGTH; place += 1) {
    value = value * 32 + (DIGITS[ulid.charCodeAt(place)] ?? 0);
  }
  return value;
}

function timeText(ms: number): string {
  let value = Math.min(Math.max(Math.trunc(ms), 0), MAX_MS);
  let text = '';
  for (let i = 0; i < TIME_LENGTH; i += 1) {
    text = ALPHABET.charAt(value % 32) + text;
    value = Math.floor(value / 32);
  }
  return text;
}

/** The smallest id of a millisecond: `history(after:)` it is everything from then on. */
export function idAt(ms: number): string {
  return timeText(ms) + '0'.repeat(TAIL_LENGTH);
}

/** The smaller of an id and the first one of a millisecond. */
export function idNotAfter(ulid: string, ms: number): string {
  const first = idAt(ms);
  return ulid < first ? ulid : first;
}

/** An id just below this one, for reading history from this one on, inclusively. */
export function idBefore(ulid: string): string {
  return idAt(timeOf(ulid) - 1);
}

/** New ids, each above the one before within a millisecond: one publisher's order is kept. */
export class UlidSource {
  readonly #random: () => number;
  #last = idAt(0);

  constructor(random: () => number) {
    this.#random = random;
  }

  /** An id of this time. */
  new(nowMs: number): string {
    const id = newUlid(nowMs, this.#random);
    const isSame = id.slice(0, TIME_LENGTH) === this.#last.slice(0, TIME_LENGTH);
    this.#last = isSame ? idAfter(this.#last) : id;
    return this.#last;
  }
}

/** The next id. */
function idAfter(ulid: string): string {
  let place = ulid.length - 1;
  while (ulid.charAt(place) === 'Z') {
    place -= 1;
  }
  const digit = ALPHABET.charAt(ALPHABET.indexOf(ulid.charAt(place)) + 1);
  return ulid.slice(0, place) + digit + '0'.repeat(ulid.length - 1 - place);
}

/** A new id. `random` gives numbers from 0 up to, not including, 1. */
export function newUlid(nowMs: number, random: () => number): string {
  let tail = '';
  for (let i = 0; i < TAIL_LENGTH; i += 1) {
    tail += ALPHABET.charAt(Math.floor(random() * 32));
  }
  return timeText(nowMs) + tail;
}
