import { runtime, util } from '@aws-appsync/utils';

/** Tells every region what changed: ctx.stash.action of ctx.stash.member. */
export function request(ctx) {
  const { name, action, member, isCrowded } = ctx.stash;
  if (!member) {
    runtime.earlyReturn(null);
  }
  const { user, connection, seq, data, region } = member;
  const at = util.time.nowISO8601();
  const detail = isCrowded
    ? { name, action: 'COUNT', region, at }
    : { name, action, user, connection, seq, data, region, at };
  return {
    operation: 'PutEvents',
    events: [{ source: 'globalws', detailType: 'PresenceChanged', detail }],
  };
}

export function response(ctx) {
  if (ctx.error || ctx.result.FailedEntryCount > 0) {
    const why = ctx.error ? ctx.error.message : ctx.result.Entries[0].ErrorCode;
    util.error(`the change was not announced: call again (${why})`, 'BusUnavailable');
  }
  return ctx.result;
}
