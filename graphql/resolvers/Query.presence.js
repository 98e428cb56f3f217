const PAGE = 100;

/** Who is here, of this region: requirePresence -> readChannel -> requireAllowed -> readMembers -> readLeases. */
export function request(ctx) {
  const { name, limit, nextToken } = ctx.args;
  ctx.stash.name = name;
  ctx.stash.operation = 'presence';
  ctx.stash.page = { limit: limit ?? PAGE, most: PAGE, nextToken };
  return {};
}

export function response(ctx) {
  const { members, nextToken } = ctx.stash;
  const region = ctx.env.REGION;
  return {
    items: members.map(({ user, connection, data, enteredAt, seq }) => ({
      user,
      connection,
      data,
      enteredAt,
      seq,
      region,
    })),
    nextToken,
  };
}
