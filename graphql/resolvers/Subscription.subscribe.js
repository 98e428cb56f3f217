import { extensions, util } from '@aws-appsync/utils';

/**
 * A subscription to a channel, or to all that a pattern covers: readChannel -> requireAllowed ->
 * endedBy have passed.
 */
export function request(ctx) {
  ctx.stash.name = ctx.args.name;
  ctx.stash.accepts = 'wildcards';
  ctx.stash.operation = 'subscribe';
  return {};
}

export function response(ctx) {
  const { name, endedBy } = ctx.stash;
  // An enhanced filter replaces AppSync's own filtering by arguments, so it must name the channel.
  const covered = name.endsWith('*') ? { beginsWith: name.slice(0, -1) } : { eq: name };
  extensions.setSubscriptionFilter(util.transform.toSubscriptionFilter({ name: covered }));
  extensions.setSubscriptionInvalidationFilter(util.transform.toSubscriptionFilter(endedBy));
  return null;
}
