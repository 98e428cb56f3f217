// Runs one handler for one call: fresh context in, everything that it did out, as JSON.

// What the running evaluation has done so far.
let call = null;
// Thrown to end an evaluation. Resolver code has no try, so nothing of it can catch this.
const HALT = { halted: true };

const fail = (message) => { throw new TypeError(message); };

// An object whose unknown members are errors instead of undefined, and which cannot be changed.
const READ_ONLY = (name) => ({
  get(target, key) {
    if (typeof key === 'symbol' || hasOwn(target, key) || key === 'toJSON') return target[key];
    return fail(`${name}.${key} does not exist in this runtime`);
  },
  set: (target, key) => fail(`${name} is read-only: cannot set ${String(key)}`),
  defineProperty: (target, key) => fail(`${name} is read-only: cannot set ${String(key)}`),
  deleteProperty: (target, key) => fail(`${name} is read-only: cannot delete ${String(key)}`),
});

const guarded = (name, members) => {
  for (const [key, member] of entries(members)) {
    if (typeof member === 'object') members[key] = guarded(`${name}.${key}`, member);
  }
  return new Proxy(freeze(members), READ_ONLY(name));
};

const CONTEXT_RULES = READ_ONLY('ctx');

// ctx.info shows its selection sets to those who ask for them by name, but not to JSON.stringify.
const hideSelections = (info) => {
  for (const name of ['selectionSetList', 'selectionSetGraphQL']) {
    if (hasOwn(info, name)) defineProperty(info, name, { enumerable: false });
  }
};

// ctx of one call. Its members come as JSON, and are parsed when the handler first asks for them.
const newContext = (texts, env) => {
  const members = {
    arguments: null, identity: null, source: null, stash: null, prev: null, result: null,
    error: null, request: null, info: null, args: null, env,
  };
  const get = (target, key) => {
    const text = texts[key];
    if (text === undefined) return CONTEXT_RULES.get(target, key);
    texts[key] = undefined;
    members[key] = text === null ? null : parse(text);
    if (key === 'info' && text !== null) hideSelections(members.info);
    if (key === 'arguments' || key === 'args') {
      texts.args = texts.arguments = undefined;
      members.args = members.arguments = members[key];
    }
    return members[key];
  };
  return new Proxy(members, { __proto__: CONTEXT_RULES, get });
};

const problem = (message, type, data, info) => ({
  message: message === undefined || message === null ? null : String(message),
  type: type === undefined || type === null ? null : String(type),
  data: data === undefined ? null : data,
  info: info === undefined ? null : info,
});

const halt = (outcome) => {
  call.outcome = outcome;
  throw HALT;
};

const log = (level, values) => {
  const text = values.map((value) => (typeof value === 'string' ? value : stringify(value)));
  (call.logs ??= []).push([level, text.join(' ')]);
};

// The value that JSON makes of `undefined` at the top.
const orNull = (value) => (value === undefined ? null : value);
const asJson = (value) => stringify(value) ?? 'null';

// The outcome is lines of JSON: what the handler returned; the stash, empty if it was not even
// read; and, only if it did more than that, what.
const evaluate = (handler, env) => (
  now, args, identity, source, stash, prev, result, error, request, info,
) => {
  const texts = {
    __proto__: null, arguments: args, args, identity, source, stash, prev, result, error, request,
    info,
  };
  const ctx = newContext(texts, env);
  call = {
    now, ctx, outcome: null, appended: null, logs: null,
    filter: null, invalidation: null, invalidations: null,
  };
  let returned = null;
  try {
    returned = orNull(handler(ctx));
    if (typeof returned === 'function') fail('a handler cannot return a function');
  } catch (thrown) {
    if (thrown !== HALT) {
      call.outcome = { failure: [String(thrown), String(thrown && thrown.stack)] };
    }
  }
  const line = asJson(returned);
  const lines = [line, texts.stash === undefined ? asJson(ctx.stash) : ''];
  const { outcome, appended, filter, invalidation, invalidations, logs } = call;
  call = null;
  if (outcome !== null || appended !== null || filter !== null || invalidation !== null
    || invalidations !== null || logs !== null) {
    lines.push(stringify([
      outcome, appended ?? [], filter, invalidation, invalidations ?? [], logs ?? []]));
  }
  // Joined, not concatenated: QuickJS makes a rope of long texts, which the binding cannot read.
  return lines.join('\n');
};
