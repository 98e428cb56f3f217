import { extensions } from '@aws-appsync/utils';

/**
 * Ends this region's subscriptions of a channel, allowed or not; readChannel has put the channel
 * into the stash.
 */
export function request(ctx) {
  ctx.stash.name = ctx.args.name;
  return {};
}

export function response(ctx) {
  const { name } = ctx.stash;
  extensions.invalidateSubscriptions({ subscriptionField: 'subscribe', payload: { name } });
  return ctx.stash.channel;
}
