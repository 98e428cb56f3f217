// Encodings, and patterns: Java's regular expressions on top of the engine's own.

const textUtilities = {
  // application/x-www-form-urlencoded, as Java's URLEncoder writes it.
  urlEncode: (text) => replaceAllIn(
    replaceAllIn(encodeComponent(toWellFormed(text)), /[!'()~]/g,
      (c) => `%${numberToString(charCodeAt(c, 0), 16).toUpperCase()}`),
    /%20/g, '+'),
  urlDecode: (text) => decodeComponent(replaceAllIn(text, /\+/g, ' ')),
  base64Encode: (text) => toBase64(toLatin(encodeComponent(toWellFormed(text)))),
  base64Decode: (text) => decodeComponent(fromLatin(fromBase64(text))),
  escapeJavaScript: (text) => replaceAllIn(text, /['"\\/]|[^ -\x7f]/g, (c) => {
    const named = { '\b': '\\b', '\n': '\\n', '\t': '\\t', '\f': '\\f', '\r': '\\r' };
    if (hasOwn(named, c)) return named[c];
    const code = charCodeAt(c, 0);
    if (code > 31 && code < 128) return `\\${c}`;
    return `\\u${padStart(numberToString(code, 16).toUpperCase(), 4, '0')}`;
  }),
  matches: (pattern, text) => execRegExp(javaPattern(pattern).whole, String(text)) !== null,
};

const JAVA_CLASSES = {
  Lower: 'a-z', Upper: 'A-Z', ASCII: '\\x00-\\x7F', Alpha: 'a-zA-Z', Digit: '0-9',
  Alnum: 'a-zA-Z0-9', Punct: '!-\\/:-@\\[-`\\{-~', Graph: '!-~', Print: ' -~', Blank: ' \\t',
  Cntrl: '\\x00-\\x1F\\x7F', XDigit: '0-9a-fA-F', Space: ' \\t\\n\\x0B\\f\\r',
};
// Java's names for what JavaScript has under another one. JavaScript's own \s and \v are wider or
// narrower.
const JAVA_PROPERTIES = {
  IsPunctuation: 'P', IsControl: 'Cc', IsDigit: 'Nd', IsLetter: 'L', IsTitlecase: 'Lt',
};
const JAVA_ESCAPES = {
  s: ['[ \\t\\n\\x0B\\f\\r]', ' \\t\\n\\x0B\\f\\r'],
  S: ['[^ \\t\\n\\x0B\\f\\r]', '\\0-\\x08\\x0E-\\x1F!-\\u{10FFFF}'],
  v: ['[\\n\\x0B\\f\\r\\x85\\u2028\\u2029]', '\\n\\x0B\\f\\r\\x85\\u2028\\u2029'],
  h: ['[ \\t\\xA0]', ' \\t\\xA0'],
};

// A property of Unicode, \p{…} or \pL, as JavaScript writes it.
const unicodeProperty = (name) => {
  if (hasOwn(JAVA_PROPERTIES, name)) return JAVA_PROPERTIES[name];
  if (execRegExp(/^(?:In|java|block=|blk=)/, name) !== null) {
    return fail(`the property ${name} is not supported here`);
  }
  const keyed = execRegExp(/^(script|sc|general_category|gc)=(\w+)$/i, name);
  if (keyed !== null) {
    return `${'sS'.includes(keyed[1][0]) ? 'Script' : 'General_Category'}=${keyed[2]}`;
  }
  if (!name.startsWith('Is')) return name;
  const bare = name.slice(2);
  // A category, a binary property, or a script.
  for (const wanted of [bare, `Script=${bare}`]) {
    try {
      execRegExp(new JSRegExp(`\\p{${wanted}}`, 'u'), '');
      return wanted;
    } catch { /* the next one */ }
  }
  return fail(`there is no property ${name}`);
};

const SYNTAX_CHARACTERS = '^$\\.*+?()[]{}|/';

// One escape of a Java pattern: [what it is in JavaScript, characters consumed].
const translateEscape = (pattern, at, inClass) => {
  const next = pattern[at + 1];
  if (next === undefined) return fail(`pattern ends in a backslash: ${pattern}`);
  if (next === 'A') return ['^', 2];
  if (next === 'z' || next === 'Z') return ['$', 2];
  if (hasOwn(JAVA_ESCAPES, next)) return [JAVA_ESCAPES[next][inClass ? 1 : 0], 2];
  if (next === 'Q') {
    const end = pattern.indexOf('\\E', at);
    const stop = end < 0 ? pattern.length : end;
    const literal = substring(pattern, at + 2, stop);
    return [replaceAllIn(literal, /[\^$\\.*+?()[\]{}|/]/g, '\\$&'), stop + 2 - at];
  }
  const named = execRegExp(/^\\([pP])(?:\{([\w=]+)\}|([A-Z]))/, pattern.slice(at));
  if (named !== null) {
    const [whole, p, name = named[3]] = named;
    if (!hasOwn(JAVA_CLASSES, name)) return [`\\${p}{${unicodeProperty(name)}}`, whole.length];
    if (p === 'P' && inClass) return fail(`${whole} in a class is not supported here`);
    const body = JAVA_CLASSES[name];
    if (inClass) return [body, whole.length];
    return [p === 'P' ? `[^${body}]` : `[${body}]`, whole.length];
  }
  const code = execRegExp(/^\\x\{([0-9A-Fa-f]+)\}/, pattern.slice(at));
  if (code !== null) return [`\\u{${code[1]}}`, code[0].length];
  if (execRegExp(/[a-zA-Z0-9]/, next) !== null) return [`\\${next}`, 2];
  if (SYNTAX_CHARACTERS.includes(next) || next === '-' && inClass) return [`\\${next}`, 2];
  return [next, 2];
};

const translate = (pattern) => {
  let flags = 'u';
  let source = '';
  let inClass = false;
  let at = 0;
  const inline = execRegExp(/^\(\?([ims]+)\)/, pattern);
  if (inline !== null) {
    flags += inline[1];
    at = inline[0].length;
  }
  while (at < pattern.length) {
    const c = pattern[at];
    if (c === '\\') {
      const [text, length] = translateEscape(pattern, at, inClass);
      source += text;
      at += length;
      continue;
    }
    if (inClass && (c === '[' || pattern.slice(at, at + 2) === '&&')) {
      fail(`class unions and intersections are not supported here: ${pattern}`);
    }
    if (!inClass && '*+?}'.includes(c) && pattern[at + 1] === '+') {
      fail(`possessive quantifiers are not supported here: ${pattern}`);
    }
    if (c === '[') inClass = true;
    if (c === ']' && source[source.length - 1] !== '[') inClass = false;
    source += c;
    at += 1;
  }
  return [source, flags];
};

const patterns = new JSMap();

const javaPattern = (pattern) => {
  let compiled = patterns.get(pattern);
  if (compiled === undefined) {
    if (typeof pattern !== 'string') fail('a pattern must be a string');
    const [source, flags] = translate(pattern);
    compiled = {
      whole: new JSRegExp(`^(?:${source})$`, replaceAllIn(flags, 'm', '')),
      first: new JSRegExp(source, flags),
      all: new JSRegExp(source, `${flags}g`),
    };
    if (patterns.size > 200) patterns.clear();
    patterns.set(pattern, compiled);
  }
  return compiled;
};

// Java's replacement text: $1 is a group, a backslash makes the next character literal.
const replaceJava = (text, kind, pattern, replacement) => {
  const parts = replaceAllIn(String(replacement), /\\(.)|\$(\d)|\$\{(\w+)\}/gs,
    (all, literal, group, name) => {
      if (literal !== undefined) return literal === '$' ? '$$' : literal;
      return group !== undefined ? `$${group}` : `$<${name}>`;
    });
  return kind === 'all'
    ? replaceAllIn(text, javaPattern(pattern).all, parts)
    : replaceIn(text, javaPattern(pattern).first, parts);
};
