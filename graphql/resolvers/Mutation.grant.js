import { util } from '@aws-appsync/utils';

const OPERATIONS = ['publish', 'subscribe', 'presence'];
const LONGEST = 128;
const LONGEST_USER = 136; // LONGEST, and `cognito|` where there are two issuers
const LONGEST_REASON = 500;
const FIRST = '[A-Za-z0-9][A-Za-z0-9._|@-]*';
const SEGMENT = '[A-Za-z0-9._|@-]+';
const PATTERN = `^(${FIRST}(:${SEGMENT}){0,3}|${FIRST}(:${SEGMENT}){0,2}:\\*|\\*)$`;

/** The role or user that signed the call, as Message.publisher shows it. */
function signer(arn) {
  const [kind, ...path] = arn.split(':').slice(5).join(':').split('/');
  const ofRole = kind === 'assumed-role' ? path[0] : kind;
  return `iam:${kind === 'user' ? path[path.length - 1] : ofRole}`;
}

/** Puts a back end's grant on the bus; the Policy functions of all regions write it down. */
export function request(ctx) {
  const { user, channel, operations, reason } = ctx.args;
  const isOther = user.startsWith('iam:') || user.startsWith('anon:');
  if (user.trim() === '' || user.length > LONGEST_USER || isOther) {
    util.error("user is not a user id: give the id in the user's tokens", 'InvalidUser');
  }
  if (channel.length > LONGEST || !util.matches(PATTERN, channel)) {
    util.error("channel is neither a channel name nor a pattern as 'chat:*'", 'InvalidChannelName');
  }
  const wrong = operations.find((each) => !OPERATIONS.includes(each));
  if (wrong !== undefined) {
    util.error(`operations must be of ${OPERATIONS.join(', ')}, not ${wrong}`, 'InvalidGrant');
  }
  const why = reason ?? 'granted by the back end';
  if (why.trim() === '' || why.length > LONGEST_REASON) {
    util.error(`reason has 1 to ${LONGEST_REASON} characters, or is left out`, 'InvalidGrant');
  }
  const detail = {
    id: util.autoUlid(),
    user,
    channel,
    operations: operations.filter((each, at) => operations.indexOf(each) === at),
    reason: why,
    by: signer(ctx.identity.userArn),
    at: util.time.nowISO8601(),
    region: ctx.env.REGION,
  };
  ctx.stash.grant = detail;
  return {
    operation: 'PutEvents',
    events: [{ source: 'globalws', detailType: 'UserGrantChanged', detail }],
  };
}

export function response(ctx) {
  if (ctx.error || ctx.result.FailedEntryCount > 0) {
    const why = ctx.error ? ctx.error.message : ctx.result.Entries[0].ErrorCode;
    util.error(`the grant was not accepted: grant again (${why})`, 'BusUnavailable');
  }
  return ctx.stash.grant;
}
