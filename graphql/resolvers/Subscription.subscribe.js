import { extensions, util } from '@aws-appsync/utils';

/** A subscription: readChannel -> requireAllowed have passed, so filter to exactly this channel. */
export function request(ctx) {
  ctx.stash.name = ctx.args.name;
  return {};
}

export function response(ctx) {
  // An enhanced filter replaces AppSync's own filtering by arguments, so it must name the channel.
  const filter = util.transform.toSubscriptionFilter({ name: { eq: ctx.stash.name } });
  extensions.setSubscriptionFilter(filter);
  extensions.setSubscriptionInvalidationFilter(filter);
  return null;
}
