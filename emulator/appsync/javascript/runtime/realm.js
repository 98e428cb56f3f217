// Leaves of the global objects only what APPSYNC_JS has. The static checks refuse the rest by
// name at load; this is for names that are computed.

const KEPT_STATICS = {
  Object: ['assign', 'entries', 'hasOwn', 'keys', 'values'],
  String: ['raw'], Number: ['isFinite', 'isNaN'], Array: [], Function: [], Boolean: [],
  Math: ['random', 'min', 'max', 'round', 'floor', 'ceil'],
};
const KEPT_METHODS = {
  Object: ['toString', 'valueOf'],
  Array: ['length', 'concat', 'fill', 'flat', 'indexOf', 'join', 'lastIndexOf', 'pop', 'push',
    'reverse', 'shift', 'slice', 'sort', 'splice', 'unshift', 'forEach', 'map', 'flatMap',
    'filter', 'reduce', 'reduceRight', 'find', 'some', 'every', 'findIndex', 'findLast',
    'findLastIndex', 'includes', 'toString'],
  String: ['length', 'charAt', 'concat', 'endsWith', 'indexOf', 'lastIndexOf', 'replace',
    'replaceAll', 'slice', 'split', 'startsWith', 'substring', 'toLowerCase', 'toUpperCase', 'trim',
    'trimEnd', 'trimStart', 'includes', 'toString', 'valueOf'],
  Number: ['toString', 'valueOf'], Boolean: ['toString', 'valueOf'], Function: ['toString'],
};
const HIDDEN = ['constructor', '__proto__', '__defineGetter__', '__defineSetter__',
  '__lookupGetter__', '__lookupSetter__', 'caller', 'arguments'];

const KEPT_GLOBALS = ['NaN', 'Infinity', 'undefined', 'Object', 'String', 'Number', 'Math', 'JSON',
  'console'];

const restrictRealm = (random) => {
  const { getOwnPropertyNames } = Object;
  const { deleteProperty } = Reflect;
  const put = (target, name, value) => defineProperty(target, name, { value, writable: true });
  put(Math, 'random', random);
  put(JSON, 'parse', (text) => {
    try {
      return parse(text);
    } catch {
      return '';
    }
  });
  const sort = uncurried(Array.prototype.sort);
  put(Array.prototype, 'sort', function (...options) {
    if (options.length > 0) fail('Array.prototype.sort takes no arguments in APPSYNC_JS');
    return sort(this);
  });
  put(String.prototype, 'replace', function (pattern, replacement) {
    return replaceJava(String(this), 'first', pattern, replacement);
  });
  put(String.prototype, 'replaceAll', function (pattern, replacement) {
    return replaceJava(String(this), 'all', pattern, replacement);
  });
  for (const [owner, kept] of entries(KEPT_STATICS)) {
    for (const name of getOwnPropertyNames(JSGlobal[owner])) {
      if (!kept.includes(name)) deleteProperty(JSGlobal[owner], name);
    }
  }
  for (const [owner, kept] of entries(KEPT_METHODS)) {
    const { prototype } = JSGlobal[owner];
    for (const name of getOwnPropertyNames(prototype)) {
      if (kept.includes(name)) continue;
      if (HIDDEN.includes(name)) deleteProperty(prototype, name);
      else put(prototype, name, () => fail(`${owner}.prototype.${name} is not in APPSYNC_JS`));
    }
  }
  for (const name of getOwnPropertyNames(JSGlobal)) {
    if (!KEPT_GLOBALS.includes(name)) deleteProperty(JSGlobal, name);
  }
};
