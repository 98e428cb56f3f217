import { extensions, util } from '@aws-appsync/utils';

const MOST_VALUES = 5; // of `in`

/**
 * A subscription to a channel, or to all that a pattern covers: readChannel -> requireAllowed have
 * passed.
 */
export function request(ctx) {
  ctx.stash.name = ctx.args.name;
  ctx.stash.accepts = 'wildcards';
  ctx.stash.operation = 'subscribe';
  return {};
}

export function response(ctx) {
  const { name, patterns, client } = ctx.stash;
  // An enhanced filter replaces AppSync's own filtering by arguments, so it must name the channel.
  const covered = name.endsWith('*') ? { beginsWith: name.slice(0, -1) } : { eq: name };
  extensions.setSubscriptionFilter(util.transform.toSubscriptionFilter({ name: covered }));
  // What ends the subscription: a rule that covers it, its user, or the time.
  const rules = [0, MOST_VALUES, 2 * MOST_VALUES]
    .map((start) => patterns.slice(start, start + MOST_VALUES))
    .filter((some) => some.length > 0)
    .map((some) => ({ key: { in: some } }));
  const ofUser = client.user === null ? [] : [{ user: { eq: client.user } }];
  const expiry = client.user === null ? null : ctx.identity.claims.exp;
  const endsThen = ctx.env.END_AT_TOKEN_EXPIRY === 'true' && typeof expiry === 'number';
  const ofTime = endsThen ? [{ now: { ge: expiry } }] : [];
  extensions.setSubscriptionInvalidationFilter(
    util.transform.toSubscriptionFilter({ or: [...rules, ...ofUser, ...ofTime] }),
  );
  return null;
}
