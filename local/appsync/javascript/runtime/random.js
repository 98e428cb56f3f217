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
      let time = call.now;
      let text = '';
      for (let i = 0; i < 10; i++) {
        text = CROCKFORD[time % 32] + text;
        time = floor(time / 32);
      }
      for (let i = 0; i < 4; i++) {
        let bits = next32();
        for (let j = 0; j < 4; j++) {
          text += CROCKFORD[bits & 31];
          bits >>>= 5;
        }
      }
      return text;
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
