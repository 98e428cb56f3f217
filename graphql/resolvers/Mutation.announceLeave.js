import { util } from '@aws-appsync/utils';

/** Tells every region that a connection has left a channel: countMembers -> putPresence. */
export function request(ctx) {
  const { name, user, connection, seq } = ctx.args;
  ctx.stash.name = name;
  ctx.stash.action = 'LEAVE';
  ctx.stash.member = { user, connection, seq, data: null, region: ctx.env.REGION };
  return {};
}

export function response(ctx) {
  const { name, action, member } = ctx.stash;
  return { name, action, ...member, at: util.time.nowISO8601() };
}
