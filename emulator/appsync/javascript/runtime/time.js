// util.time: instants in milliseconds, and Java's DateTimeFormatter patterns.

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August',
  'September', 'October', 'November', 'December'];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

const twoDigits = (number) => padStart(String(number), 2, '0');

// Offsets of named zones, which only the host knows: seconds east of UTC, or 'unknown'.
const zoneOffsets = new JSMap();
const learnZoneOffset = (key, offset) => {
  if (zoneOffsets.size > 500) zoneOffsets.clear();
  zoneOffsets.set(key, offset);
};

// What a Date can hold, in milliseconds either way.
const MOST_TIME = 8640000000000000;

// Seconds east of UTC of a zone at an instant, or at a local time written as if it were UTC.
const zoneOffset = (zone, time, local) => {
  if (zone === undefined || zone === null || ['UTC', 'GMT', 'Z'].includes(zone)) return 0;
  if (typeof zone !== 'string') return fail('a time zone must be a string');
  const fixed = execRegExp(/^(?:UTC|GMT)?([+-])(\d\d?)(?::?(\d\d)(?::?(\d\d))?)?$/, zone);
  if (fixed !== null) {
    const [, sign, hours, minutes = '0', seconds = '0'] = fixed;
    return (sign === '-' ? -1 : 1) * (hours * 3600 + minutes * 60 + Number(seconds));
  }
  if (execRegExp(/^[\w+/-]+$/, zone) === null) return fail(`unknown time zone ${zone}`);
  const key = `${zone}@${time}@${local}`;
  const offset = zoneOffsets.get(key);
  if (offset === 'unknown') fail(`unknown time zone ${zone}`);
  return offset === undefined ? halt({ zone: [key, zone, time, local] }) : offset;
};

// A pattern as [letters, count] fields, "text" and optional sections (arrays of parts).
const timePattern = (pattern) => {
  const stack = [[]];
  let at = 0;
  while (at < pattern.length) {
    const parts = stack[stack.length - 1];
    const c = pattern[at];
    if (c === "'") {
      const quoted = execRegExp(/^'((?:[^']|'')*)'/, pattern.slice(at));
      if (quoted === null) return fail(`a quote is not closed in the time pattern ${pattern}`);
      parts.push(replaceAllIn(quoted[1], "''", "'") || "'");
      at += quoted[0].length;
    } else if (execRegExp(/[a-zA-Z]/, c) !== null) {
      let end = at;
      while (pattern[end] === c) end += 1;
      parts.push({ letter: c, count: end - at });
      at = end;
    } else {
      if (c === '[') stack.push([]);
      else if (c === ']' && stack.length > 1) stack[stack.length - 2].push(stack.pop());
      else parts.push(c);
      at += 1;
    }
  }
  return stack[0];
};

const formatOffset = (offset, letter, count) => {
  if ((letter === 'X' || letter === 'Z' && count === 5) && offset === 0) return 'Z';
  const sign = offset < 0 ? '-' : '+';
  const size = offset < 0 ? -offset : offset;
  const [hours, minutes, seconds] = [floor(size / 3600), floor(size / 60) % 60, size % 60];
  if (letter === 'Z' && count === 4 || letter === 'O') {
    return offset === 0 ? 'GMT' : `GMT${sign}${twoDigits(hours)}:${twoDigits(minutes)}`;
  }
  const colon = count === 3 || count === 5 ? ':' : '';
  let text = `${sign}${twoDigits(hours)}`;
  if (letter === 'Z' || count > 1 || minutes > 0) text += colon + twoDigits(minutes);
  if (seconds > 0 && count >= 4) text += colon + twoDigits(seconds);
  return text;
};

const number = (value, count) => (
  value < 0 ? `-${number(-value, count)}` : padStart(String(value), count, '0'));
// Of the era: the year before 1 is 1 again.
const eraYear = (year) => (year > 0 ? year : 1 - year);
// The week that holds 1 January is the year's first, and begins on a Sunday: Java's rule for the US.
const weekYear = (t) => new JSDate(
  min(MOST_TIME, t.getTime() + (6 - t.getUTCDay()) * 86400000)).getUTCFullYear();
const writeYear = (year, n) => (n === 2 ? twoDigits(year % 100) : number(year, n));
const named = (names, index, count) => (count === 4 ? names[index] : names[index].slice(0, 3));

const TIME_FIELDS = {
  y: (t, n) => writeYear(eraYear(t.getUTCFullYear()), n),
  u: (t, n) => writeYear(t.getUTCFullYear(), n),
  Y: (t, n) => writeYear(weekYear(t), n),
  M: (t, n) => (n > 2 ? named(MONTHS, t.getUTCMonth(), n) : number(t.getUTCMonth() + 1, n)),
  d: (t, n) => number(t.getUTCDate(), n),
  E: (t, n) => named(DAYS, t.getUTCDay(), n),
  e: (t, n) => number(t.getUTCDay() + 1, n),
  D: (t, n) => number(1 + floor((t - JSDate.UTC(t.getUTCFullYear(), 0)) / 86400000), n),
  H: (t, n) => number(t.getUTCHours(), n),
  k: (t, n) => number(t.getUTCHours() || 24, n),
  h: (t, n) => number(t.getUTCHours() % 12 || 12, n),
  K: (t, n) => number(t.getUTCHours() % 12, n),
  m: (t, n) => number(t.getUTCMinutes(), n),
  s: (t, n) => number(t.getUTCSeconds(), n),
  S: (t, n) => padEnd(number(t.getUTCMilliseconds(), 3), n, '0').slice(0, n),
  n: (t, n) => number(t.getUTCMilliseconds() * 1000000, n),
  A: (t, n) => number(t % 86400000, n),
  a: (t) => (t.getUTCHours() < 12 ? 'AM' : 'PM'),
};
TIME_FIELDS.L = TIME_FIELDS.M;
const OFFSET_LETTERS = 'XxZO';

const formatTime = (time, pattern, zone) => {
  if (!(time >= -MOST_TIME && time <= MOST_TIME)) return fail(`${time} is not an instant in milliseconds`);
  const offset = zoneOffset(zone, time, false);
  const local = new JSDate(min(MOST_TIME, max(-MOST_TIME, time + offset * 1000)));
  const write = (parts) => parts.map((part) => {
    if (typeof part === 'string') return part;
    if (isArray(part)) return write(part);
    const { letter, count } = part;
    if (OFFSET_LETTERS.includes(letter)) return formatOffset(offset, letter, count);
    if (letter === 'V' || letter === 'z') return zone || 'UTC';
    if (!hasOwn(TIME_FIELDS, letter)) {
      return fail(`the letter ${letter} of the time pattern ${pattern} is not supported here`);
    }
    return TIME_FIELDS[letter](local, count);
  }).join('');
  return write(timePattern(pattern));
};

const PARSED = {
  y: '\\d{4}', u: '\\d{4}', M: '\\d{1,2}', d: '\\d{1,2}', H: '\\d{1,2}', h: '\\d{1,2}',
  m: '\\d{1,2}', s: '\\d{1,2}', S: '\\d+', a: 'AM|PM|am|pm', E: '[A-Za-z]+',
};
const OFFSET_TEXT = 'Z|[+-]\\d\\d(?::?\\d\\d(?::?\\d\\d)?)?';

const parseTime = (text, pattern, zone) => {
  const letters = [];
  const source = (parts) => parts.map((part) => {
    if (typeof part === 'string') return replaceAllIn(part, /[\^$\\.*+?()[\]{}|/]/g, '\\$&');
    if (isArray(part)) return `(?:${source(part)})?`;
    const { letter, count } = part;
    const isText = letter === 'M' && count > 2;
    const digits = hasOwn(PARSED, letter) && PARSED[letter].startsWith('\\d{1,2}') && count === 2;
    letters.push(isText ? 'MMM' : letter);
    if (isText) return '([A-Za-z]+)';
    if (OFFSET_LETTERS.includes(letter)) return `(${OFFSET_TEXT})`;
    if (!hasOwn(PARSED, letter)) fail(`cannot parse the letter ${letter} of ${pattern} here`);
    return `(${digits ? '\\d\\d' : PARSED[letter]})`;
  }).join('');
  const found = execRegExp(new JSRegExp(`^${source(timePattern(pattern))}$`), text);
  if (found === null) fail(`Text '${text}' could not be parsed as ${pattern}`);
  const value = {};
  letters.forEach((letter, index) => {
    if (found[index + 1] === undefined) return;
    value[OFFSET_LETTERS.includes(letter) ? 'offset' : letter] = found[index + 1];
  });
  let hour = Number(value.H ?? value.h ?? 0);
  if (value.a !== undefined) hour = hour % 12 + (value.a.toUpperCase() === 'PM' ? 12 : 0);
  const month = value.MMM === undefined ? Number(value.M ?? 1)
    : 1 + MONTHS.findIndex((name) => name.startsWith(value.MMM.slice(0, 3)));
  const [year, day] = [Number(value.y ?? value.u ?? 1970), Number(value.d ?? 1)];
  const millis = Number(padEnd(value.S ?? '0', 3, '0').slice(0, 3));
  const local = JSDate.UTC(year, month - 1, day, hour, Number(value.m ?? 0),
    Number(value.s ?? 0), millis);
  if (new JSDate(local).getUTCDate() !== day || month < 1) fail(`no such date: ${text}`);
  if (value.offset === undefined && (zone === undefined || zone === null)) {
    fail(`Text '${text}' has no time zone: put one into the pattern, or pass it`);
  }
  return local - zoneOffset(value.offset ?? zone, local, true) * 1000;
};

const ISO8601 = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?)(Z|[+-]\d\d(:?\d\d)?)$/;

const timeUtilities = {
  nowISO8601: () => new JSDate(call.now).toISOString(),
  nowEpochSeconds: () => floor(call.now / 1000),
  nowEpochMilliSeconds: () => call.now,
  nowFormatted: (pattern, zone) => formatTime(call.now, pattern, zone),
  parseFormattedToEpochMilliSeconds: parseTime,
  parseISO8601ToEpochMilliSeconds(text) {
    const time = execRegExp(ISO8601, text) === null ? NaN : JSDate.parse(text);
    return time === time ? time : fail(`Text '${text}' is not an ISO 8601 timestamp with a zone`);
  },
  epochMilliSecondsToSeconds: (time) => floor(time / 1000),
  epochMilliSecondsToISO8601: (time) => new JSDate(time).toISOString(),
  epochMilliSecondsToFormatted: formatTime,
};
