/** ULIDs: 48 bits of milliseconds, 80 random bits (https://github.com/ulid/spec). */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_CHARACTERS = 10;
const RANDOM_CHARACTERS = 16;

export function ulid(now: number = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(RANDOM_CHARACTERS));
  return timeOf(now) + Array.from(bytes, (byte) => ALPHABET.charAt(byte & 31)).join('');
}

/** The least ULID of that instant. */
export function ulidAt(instant: number): string {
  return timeOf(instant) + '0'.repeat(RANDOM_CHARACTERS);
}

function timeOf(instant: number): string {
  let time = '';
  for (let rest = instant, left = TIME_CHARACTERS; left > 0; left -= 1) {
    time = ALPHABET.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  return time;
}
