// Puts the runtime together. The value of the whole prelude is `boot`, called by the host:
// boot(environment as JSON, four seed words as JSON) -> link(script's factory, "request" | …).

const RESTRICTED_HEADERS = ['transfer-encoding', 'connection', 'host', 'expect', 'keep-alive',
  'upgrade', 'proxy-authenticate', 'proxy-authorization', 'te', 'content-length'];

const authType = () => {
  const { identity } = call.ctx;
  if (identity === null || identity === undefined) return 'API Key Authorization';
  if (hasOwn(identity, 'userArn')) return 'IAM Authorization';
  if (hasOwn(identity, 'resolverContext')) return 'Lambda Authorization';
  if (hasOwn(identity, 'username')) return 'User Pool Authorization';
  return 'Open ID Connect Authorization';
};

const filterGroup = (filter, name) => {
  if (!isObject(filter) || !isArray(filter.filterGroup)) {
    fail(`extensions.${name} takes {filterGroup: […]}, as toSubscriptionFilter makes it`);
  }
  return filter;
};

const extensionsMembers = {
  setSubscriptionFilter(filter) {
    call.filter = filterGroup(filter, 'setSubscriptionFilter');
  },
  setSubscriptionInvalidationFilter(filter) {
    call.invalidation = filterGroup(filter, 'setSubscriptionInvalidationFilter');
  },
  invalidateSubscriptions(invalidation) {
    const { subscriptionField, payload } = invalidation ?? {};
    if (typeof subscriptionField !== 'string' || !isObject(payload)) {
      fail('extensions.invalidateSubscriptions takes {subscriptionField: string, payload: {…}}');
    }
    call.invalidations ??= [];
    if (call.invalidations.length === 5) {
      fail('extensions.invalidateSubscriptions can be called five times in a request');
    }
    call.invalidations.push({ subscriptionField, payload });
  },
};

const runtimeMembers = {
  earlyReturn(value, options) {
    const skipTo = options?.skipTo ?? null;
    if (skipTo !== null && skipTo !== 'END' && skipTo !== 'NEXT') fail('skipTo is END or NEXT');
    halt({ early: [orNull(value), skipTo] });
  },
};

const utilMembers = ({ random, autoId, autoUlid, autoKsuid }) => ({
  autoId, autoUlid, autoKsuid, authType, ...textUtilities,
  error: (message, type, data, info) => halt({ error: problem(message, type, data, info) }),
  appendError(message, type, data, info) {
    (call.appended ??= []).push(problem(message, type, data, info));
  },
  unauthorized: () => halt({
    error: problem('Unauthorized', 'Unauthorized'),
  }),
  time: timeUtilities,
  dynamodb: dynamodbUtilities,
  transform: transformUtilities,
  math: {
    roundNum: (value) => round(value),
    minVal: (a, b) => (a < b ? a : b),
    maxVal: (a, b) => (a > b ? a : b),
    randomDouble: random,
    randomWithinRange: (low, high) => low + floor(random() * (high - low)),
  },
  str: { normalize: (text, form) => normalizeString(text, form.toUpperCase()) },
  http: {
    copyHeaders: (headers) => fromEntries(entries(headers)
      .filter(([name]) => !RESTRICTED_HEADERS.includes(name.toLowerCase()))),
  },
});

const boot = (environment, seed) => {
  const randoms = randomMembers(parse(seed));
  const env = new Proxy(freeze(parse(environment)), {
    ...READ_ONLY('ctx.env'), get: (target, key) => target[key],
  });
  const utils = guarded('@aws-appsync/utils', {
    util: utilMembers(randoms), runtime: runtimeMembers, extensions: extensionsMembers,
  });
  const table = guarded('@aws-appsync/utils/dynamodb', tableModule);
  JSGlobal.console = guarded('console', {
    log: (...values) => log('log', values), error: (...values) => log('error', values),
  });
  restrictRealm(randoms.random);
  let handlers = null;
  return (factory, name) => {
    if (name === 'zone') return learnZoneOffset;
    if (handlers === null) {
      call = { now: JSDate.now(), ctx: { identity: null } };
      handlers = factory(utils, table);
    }
    return evaluate(handlers[name], env);
  };
};
