/**
 * A connection becomes a member of a channel, or changes what it shows there: requirePresence ->
 * readChannel -> requireAllowed -> checkMember -> joinLease -> putMember -> countMembers ->
 * putPresence. A call again after an error does no harm.
 */
export function request(ctx) {
  ctx.stash.name = ctx.args.name;
  ctx.stash.operation = 'presence';
  return {};
}

export function response(ctx) {
  return ctx.stash.member;
}
