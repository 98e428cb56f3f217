import { extensions, util } from '@aws-appsync/utils';

/**
 * Ends this region's subscriptions of what a name or a pattern covers, allowed or not; readChannel
 * has put the channel into the stash.
 */
export function request(ctx) {
  ctx.stash.name = ctx.args.name;
  ctx.stash.accepts = 'rules';
  return {};
}

export function response(ctx) {
  // Each subscription's invalidation filter has alternatives of one field each: all fields are here.
  const payload = { key: ctx.stash.name, user: '', now: util.time.nowEpochSeconds() };
  // One call a mutation: of two, AppSync may carry out the last one only.
  const subscriptionField = ctx.args.presence ? 'presenceChanged' : 'subscribe';
  extensions.invalidateSubscriptions({ subscriptionField, payload });
  return ctx.stash.channel;
}
