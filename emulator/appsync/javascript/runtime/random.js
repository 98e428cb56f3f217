// Random numbers (xoshiro128**, seeded by the host) and the identifiers made of them.

const randomSource = (seed) => {
  let [a, b, c, d] = seed;
  const rotate = (value, by) => (value << by) | (value >>> (32 - by));
  return () => {
    const result = imul(rotate(imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a; d ^= b; b ^= c; a ^= d; c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
};

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
// Two digits: ten bits.
const pair = (bits) => CROCKFORD[bits >>> 5 & 31] + CROCKFORD[bits & 31];
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const KSUID_EPOCH = 1400000000;

const randomMembers = (seed) => {
  const next32 = randomSource(seed);
  const hex32 = () => padStart(numberToString(next32(), 16), 8, '0');
  const random = () => (next32() * 2097152 + (next32() >>> 11)) / 9007199254740992;
  return {
    random,
    autoId() {
      const hex = hex32() + hex32() + hex32() + hex32();
      const variant = '89ab'[next32() & 3];
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}`
        + `-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
    },
    autoUlid() {
      const high = floor(call.now / 1073741824);
      const low = call.now % 1073741824;
      const a = next32();
      const b = next32();
      const c = next32();
      return pair(high >>> 10) + pair(high)
        + pair(low >>> 20) + pair(low >>> 10) + pair(low)
        + pair(a) + pair(a >>> 10) + pair(a >>> 20)
        + pair(b) + pair(b >>> 10) + pair(b >>> 20)
        + pair(c) + pair(c >>> 10);
    },
    autoKsuid() {
      const seconds = floor(call.now / 1000) - KSUID_EPOCH;
      let number = (BigInt(seconds) << 128n)
        | BigInt(`0x${hex32()}${hex32()}${hex32()}${hex32()}`);
      let text = '';
      while (number > 0n) {
        text = BASE62[Number(number % 62n)] + text;
        number /= 62n;
      }
      return padStart(text, 27, '0');
    },
  };
};
