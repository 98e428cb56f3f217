/**
 * A connection leaves a channel: requirePresence -> leaveLease -> deleteMember -> countMembers ->
 * putPresence. Null for a connection without a lease.
 */
export function request(ctx) {
  ctx.stash.name = ctx.args.name;
  return {};
}

export function response(ctx) {
  return ctx.stash.member ?? null;
}
