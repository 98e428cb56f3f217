const MOST_VALUES = 5; // of `in`

/**
 * Puts what ends a subscription into ctx.stash.endedBy, as a filter: a rule that covers its channel,
 * its user, or the time. Only the subscription's own resolver can set it. requireAllowed has passed.
 */
export function request(ctx) {
  const { patterns, client } = ctx.stash;
  const rules = [0, MOST_VALUES, 2 * MOST_VALUES]
    .map((start) => patterns.slice(start, start + MOST_VALUES))
    .filter((some) => some.length > 0)
    .map((some) => ({ key: { in: some } }));
  const ofUser = client.user === null ? [] : [{ user: { eq: client.user } }];
  const expiry = client.user === null ? null : ctx.identity.claims.exp;
  const endsThen = ctx.env.END_AT_TOKEN_EXPIRY === 'true' && typeof expiry === 'number';
  const ofTime = endsThen ? [{ now: { ge: expiry } }] : [];
  ctx.stash.endedBy = { or: [...rules, ...ofUser, ...ofTime] };
  return { payload: null };
}

export function response(ctx) {
  return ctx.result;
}
