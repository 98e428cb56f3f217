import { extensions, util } from '@aws-appsync/utils';

const MOST_VALUES = 5; // of `in`

/** Who comes and who leaves, of every region: requirePresence -> readChannel -> requireAllowed have passed. */
export function request(ctx) {
  ctx.stash.name = ctx.args.name;
  ctx.stash.operation = 'presence';
  return {};
}

export function response(ctx) {
  const { name, patterns, client } = ctx.stash;
  extensions.setSubscriptionFilter(util.transform.toSubscriptionFilter({ name: { eq: name } }));
  // As in Subscription.subscribe.js.
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
