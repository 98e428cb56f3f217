// The engine's own functions, kept before `realm.js` takes away what APPSYNC_JS does not have.

const { assign, defineProperty, entries, freeze, fromEntries, hasOwn, keys } = Object;
const { parse, stringify } = JSON;
const { isArray } = Array;
const { floor, imul, max, min, round } = Math;
const { fromCharCode } = String;
const { BigInt, Proxy, TypeError, WeakSet } = globalThis;
const JSDate = Date;
const JSRegExp = RegExp;
const JSMap = Map;
const JSGlobal = globalThis;
const encodeComponent = encodeURIComponent;
const decodeComponent = decodeURIComponent;
const [toLatin, fromLatin] = [unescape, escape];
const [toBase64, fromBase64] = [btoa, atob];

// Of String.prototype, called as functions; realm.js replaces or removes the methods themselves.
const uncurried = (method) => Function.prototype.call.bind(method);
const replaceAllIn = uncurried(String.prototype.replaceAll);
const replaceIn = uncurried(String.prototype.replace);
const padStart = uncurried(String.prototype.padStart);
const padEnd = uncurried(String.prototype.padEnd);
const charCodeAt = uncurried(String.prototype.charCodeAt);
const substring = uncurried(String.prototype.substring);
const normalizeString = uncurried(String.prototype.normalize);
const toWellFormed = uncurried(String.prototype.toWellFormed);
const numberToString = uncurried(Number.prototype.toString);
const execRegExp = uncurried(RegExp.prototype.exec);

const isObject = (value) => typeof value === 'object' && value !== null && !isArray(value);
