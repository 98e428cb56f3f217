const MOST = 1000;

/** How many connections a channel has in this region: requirePresence -> readChannel -> requireAllowed -> readMembers. */
export function request(ctx) {
  ctx.stash.name = ctx.args.name;
  ctx.stash.operation = 'presence';
  ctx.stash.page = { limit: MOST, most: MOST };
  return {};
}

export function response(ctx) {
  const { members, nextToken } = ctx.stash;
  return { connections: members.length, more: nextToken !== null };
}
