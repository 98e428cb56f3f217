import { util } from '@aws-appsync/utils';

// `globalws status --probe` measures here, so that nobody's channel gets its messages. Allowed
// everywhere, unless an operator decides otherwise, and not listed.
const PROBE = 'globalws.probe=anyone/anyone';
const LONGEST_NAME = 128;
const FIRST = '[A-Za-z0-9][A-Za-z0-9._|@-]*';
const SEGMENT = '[A-Za-z0-9._|@-]+';
const NAME = `${FIRST}(:${SEGMENT}){0,3}`;
const WILDCARD = `${FIRST}(:${SEGMENT}){0,2}:\\*`;
// Names of older versions: nobody can publish to them, but they can be looked at and purged.
const OLD_NAME = '[A-Za-z0-9][A-Za-z0-9._:-]{0,63}';
const NAME_FORM =
  "1 to 4 segments joined by ':', at most 128 characters; a segment has letters, digits, or " +
  '. _ - | @, and the first character is a letter or a digit';
const OPERATIONS = ['publish', 'subscribe', 'presence'];

const isGiven = (value) => value !== undefined && value !== null;
/** Whether a value that came as JSON is a list ('[') or an object ('{'). */
const isJson = (value, bracket) =>
  typeof value === 'object' && value !== null && JSON.stringify(value).startsWith(bracket);
const isListOfText = (value) =>
  isJson(value, '[') && value.every((each) => typeof each === 'string');

/** Refuses what the field cannot be asked about; ctx.stash.accepts says what else than names. */
function checkName(name, accepts) {
  const patterns = { wildcards: `${NAME}|${WILDCARD}`, rules: `${NAME}|${WILDCARD}|\\*|${OLD_NAME}` };
  const segments = name.split(':');
  const at = segments.indexOf('{user}');
  if (accepts === 'rules' && at > 0) {
    segments[at] = 'u';
  }
  if (
    name.length > LONGEST_NAME ||
    !util.matches(`^(${patterns[accepts] ?? NAME})$`, segments.join(':'))
  ) {
    const what = accepts ? "a channel name, or a pattern as 'chat:*'" : 'a channel name';
    util.error(`not ${what}: ${NAME_FORM}`, 'InvalidChannelName');
  }
}

/** The name of a role or user in its ARN; neither the account nor what a session calls itself. */
function nameInArn(arn) {
  const [kind, ...path] = arn.split(':').slice(5).join(':').split('/');
  if (kind === 'user') {
    return path[path.length - 1];
  }
  return kind === 'assumed-role' ? path[0] : kind;
}

/** The user's id in a token; refuses a token without a usable one. */
function userOf(claims, env) {
  const id = claims[env.USER_ID_CLAIM];
  if (
    typeof id !== 'string' || id.length < 1 || id.length > 128 ||
    id.startsWith('iam:') || id.startsWith('anon:')
  ) {
    util.error(
      `the token's claim ${env.USER_ID_CLAIM} is not a user id: 1 to 128 characters of text that ` +
        "do not start with 'iam:' or 'anon:'",
      'AccessDenied',
    );
  }
  if (env.PREFIX_USER_IDS !== 'true') {
    return id;
  }
  // Two issuers may give the same id to two people.
  return `${util.authType() === 'User Pool Authorization' ? 'cognito' : 'oidc'}|${id}`;
}

/** The claim of grants as {entries: [pattern, operations] of each}, or {problem} that it has. */
function grantsIn(claim) {
  if (!isGiven(claim)) {
    return { entries: [] };
  }
  // JSON.parse returns '' for text that is not JSON.
  const grants = typeof claim === 'string' ? JSON.parse(claim) : claim;
  if (!isJson(grants, '{')) {
    return { entries: [], problem: 'it is not an object of patterns and their operations' };
  }
  const entries = Object.entries(grants);
  const wrong = entries.find(
    ([pattern, operations]) =>
      pattern.length > LONGEST_NAME ||
      !util.matches(`^(${NAME}|${WILDCARD}|\\*)$`, pattern) ||
      !isListOfText(operations) ||
      !operations.every((each) => OPERATIONS.includes(each)),
  );
  if (!wrong) {
    return { entries };
  }
  const pattern = wrong[0].slice(0, LONGEST_NAME);
  return { entries: [], problem: `its entry ${JSON.stringify(pattern)} cannot be read` };
}

/** Who calls, how the API knows it, and what the token says of them. */
function clientOf({ identity, env }) {
  const unknown = { kind: 'anyone', user: null, publisher: null, groups: [], grants: [] };
  if (!identity) {
    return unknown;
  }
  if (identity.userArn) {
    // An identity pool's callers sign with IAM, too, but they are no back ends.
    const isSignedIn = identity.cognitoIdentityAuthType === 'authenticated';
    const poolKind = isSignedIn ? 'signed-in' : 'anyone';
    const kind = identity.cognitoIdentityId ? poolKind : 'back-end';
    return { ...unknown, kind, publisher: `iam:${nameInArn(identity.userArn)}` };
  }
  if (!identity.claims) {
    return unknown;
  }
  const user = userOf(identity.claims, env);
  const groups = identity.claims[env.GROUPS_CLAIM];
  const listed = isListOfText(groups) ? groups : [];
  const { entries, problem } = grantsIn(identity.claims[env.GRANTS_CLAIM]);
  return {
    kind: 'signed-in',
    user,
    publisher: user,
    groups: typeof groups === 'string' ? [groups] : listed,
    grants: entries,
    problem: problem ? `claim ${env.GRANTS_CLAIM} grants nothing: ${problem}` : undefined,
  };
}

/** The patterns of rules that cover a name or a pattern, the most specific first. */
function covering(name, { kind, user }) {
  const segments = name.split(':');
  const shapes = [segments];
  for (const length of [3, 2, 1]) {
    if (length < segments.length) {
      shapes.push([...segments.slice(0, length), '*']);
    }
  }
  const patterns = [];
  for (const shape of [...shapes, ['*']]) {
    patterns.push(shape.join(':'));
    for (const at of [4, 3, 2, 1]) {
      const isUser = kind === 'back-end' ? at < shape.length : shape[at] === user;
      if (isUser && shape[at] !== '*') {
        patterns.push([...shape.slice(0, at), '{user}', ...shape.slice(at + 1)].join(':'));
      }
    }
  }
  // A table refuses to be asked for the same key twice.
  return patterns.filter((pattern, at) => patterns.indexOf(pattern) === at);
}

/**
 * Reads the rules of the channel in the stash, and the caller's own item, in one request.
 * ctx.stash.client and ctx.stash.patterns are who calls, and which patterns cover the channel for them.
 */
export function request(ctx) {
  const { name } = ctx.stash.message ?? ctx.stash;
  checkName(name, ctx.stash.accepts);
  const client = clientOf(ctx);
  const patterns = covering(name, client);
  ctx.stash.client = client;
  ctx.stash.patterns = patterns;
  ctx.stash.channel = { name, allowed: false };
  const names = client.user === null ? patterns : [...patterns, `#user:${client.user}`];
  const keys = names.map((each) => ({ name: { S: each } }));
  return {
    operation: 'BatchGetItem',
    // A client that was disconnected comes back at once, and must meet the decision just written.
    tables: { [ctx.env.CHANNELS_TABLE]: { keys, consistentRead: true } },
  };
}

const isLevel = (text) =>
  ['anyone', 'signed-in', 'granted'].includes(text) ||
  (text.startsWith('group:') && text !== 'group:');

/** A rule from an entry of AllowedChannels; one whose levels cannot be read is a block. */
function deployedRule(entry) {
  const [pattern, ...rest] = entry.split('=');
  const levels = rest.length > 0 ? rest.join('=').split('/').map((level) => level.trim()) : [];
  const isReadable = levels.every((level) => isLevel(level) && !level.includes('='));
  if (levels.length > 2 || !isReadable) {
    const reason = `AllowedChannels has for it ${JSON.stringify(rest.join('=').trim())}`;
    return { pattern: pattern.trim(), allowed: false, reason };
  }
  const [publish, subscribe] = levels;
  return { pattern: pattern.trim(), allowed: true, publish, subscribe: subscribe ?? publish };
}

/** The operation's level: of the most specific rule that states one. */
function levelOf(rules, operation) {
  const stating = rules.find((rule) => isGiven(rule[operation]));
  return stating ? stating[operation] : 'anyone';
}

/** Answers the channel as its rules have it for this client; without an answer nothing is allowed. */
export function response(ctx) {
  const table = ctx.env.CHANNELS_TABLE;
  const unprocessed = ctx.error ? [] : (ctx.result.unprocessedKeys ?? {})[table] ?? [];
  // A rule that was not read looks like one that is not there.
  if (ctx.error || unprocessed.length > 0) {
    const why = ctx.error ? ctx.error.type : 'it answered in part';
    util.error(`the registry of channels does not answer: try again (${why})`, 'RegistryUnavailable');
  }
  const items = ctx.result.data[table].filter(isGiven);
  const { patterns, client } = ctx.stash;
  // Most entries are of other channels: to read all of them would take longer than all else here.
  const deployed = [...ctx.env.ALLOWED_CHANNELS.split(','), PROBE]
    .filter((entry) => patterns.includes(entry.split('=')[0].trim()))
    .map(deployedRule);
  const found = [];
  for (const pattern of patterns) {
    const item = items.find(({ name }) => name === pattern);
    // An item without a decision is one that an operator took back.
    if (item && (item.allowed === true || item.allowed === false)) {
      found.push(item);
    }
    found.push(...deployed.filter((rule) => rule.pattern === pattern));
  }
  const { name } = ctx.stash.channel;
  const block = found.find((rule) => !rule.allowed);
  const { reason, updatedAt } = block ?? found[0] ?? {};
  const allowed = !block && found.length > 0;
  const levels = allowed
    ? { publish: levelOf(found, 'publish'), subscribe: levelOf(found, 'subscribe') }
    : {};
  ctx.stash.channel = { name, allowed, reason, updatedAt, ...levels, isBlocked: isGiven(block) };

  const item = items.find((each) => each.name === `#user:${client.user}`) ?? {};
  const given = Object.entries(item.grants ?? {}).map(([pattern, grant]) => [
    pattern,
    grant.operations ?? [],
  ]);
  const covers = (pattern) =>
    pattern === name || pattern === '*' ||
    (pattern.endsWith(':*') && name.startsWith(pattern.slice(0, -1)));
  ctx.stash.client = {
    ...client,
    grants: [...client.grants, ...given].filter(([pattern]) => covers(pattern)),
    isBlocked: item.allowed === false,
    blockedBecause: item.reason,
  };
  return ctx.stash.channel;
}
