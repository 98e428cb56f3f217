import { util } from '@aws-appsync/utils';

// How far an id's time may be from now. Subscribers resume by ids: one from the future comes back at
// each resume. A retry may be as old as what it repeats can be recognised.
const MINUTES_AHEAD = 5;
const HOURS_OLD = 24;
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * A client's publish: readChannel -> requireAllowed -> checkMessage -> putOnBus -> storeMessage ->
 * readStored -> replaceStored -> returnReplaced. The last three act only if the id is known already.
 * The functions share the message in ctx.stash.message; subscribers get what comes back.
 */
export function request(ctx) {
  const { id, name, message } = ctx.args;
  if (id) {
    checkTime(id, Math.max(HOURS_OLD, JSON.parse(ctx.env.MESSAGE_RETENTION_HOURS)));
  }
  ctx.stash.operation = 'publish';
  ctx.stash.message = {
    id: id ?? util.autoUlid(),
    name,
    message,
    publishedAt: util.time.nowISO8601(),
    region: ctx.env.REGION,
  };
  return {};
}

export function response(ctx) {
  return ctx.stash.message;
}

/** Refuses an id whose time is far from now; checkMessage sees whether it is one at all. */
function checkTime(id, hours) {
  const now = util.time.nowEpochMilliSeconds();
  const time = id
    .slice(0, 10)
    .split('')
    .reduce((sum, digit) => sum * 32 + DIGITS.indexOf(digit), 0);
  if (time > now + MINUTES_AHEAD * 60000 || time < now - hours * 3600000) {
    util.error(
      `id must be a ULID of the last ${hours} hours (at most ${MINUTES_AHEAD} minutes ahead), or left out`,
      'InvalidMessageId',
      null,
      { now },
    );
  }
}
