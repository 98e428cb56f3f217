// Runs one handler for one call: fresh context in, everything that it did out, as JSON.

const CONTEXT_MEMBERS = ['arguments', 'args', 'identity', 'source', 'stash', 'prev', 'result',
  'error', 'request', 'info', 'env'];

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

const CONTEXT_HANDLER = READ_ONLY('ctx');

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
  call.logs.push([level, text.join(' ')]);
};

// The value that JSON makes of `undefined` at the top.
const orNull = (value) => (value === undefined ? null : value);

const evaluate = (handler, env) => (input) => {
  const [now, ctx] = parse(input);
  call = {
    now, identity: ctx.identity, outcome: null, appended: [], logs: [],
    filter: null, invalidation: null, invalidations: [],
  };
  ctx.args = ctx.arguments;
  ctx.env = env;
  const stash = ctx.stash;
  let result = null;
  try {
    result = orNull(handler(new Proxy(ctx, CONTEXT_HANDLER)));
    if (typeof result === 'function') fail('a handler cannot return a function');
  } catch (error) {
    if (error !== HALT) {
      call.outcome = { failure: [String(error), String(error && error.stack)] };
    }
  }
  return stringify([
    result, stash, call.outcome, call.appended, call.filter, call.invalidation,
    call.invalidations, call.logs,
  ]);
};
