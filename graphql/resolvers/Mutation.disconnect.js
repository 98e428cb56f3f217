import { extensions, util } from '@aws-appsync/utils';

/** Ends all subscriptions of a user in this region, blocked or not. */
export function request(ctx) {
  return { payload: ctx.args.user };
}

export function response(ctx) {
  const user = ctx.result;
  if (user === '') {
    util.error('user is empty: give the id of a user', 'InvalidUser');
  }
  // As in Mutation.unsubscribe.js.
  const payload = { key: '', user, now: util.time.nowEpochSeconds() };
  // One call a mutation: of two, AppSync may carry out the last one only.
  const subscriptionField = ctx.args.presence ? 'presenceChanged' : 'subscribe';
  extensions.invalidateSubscriptions({ subscriptionField, payload });
  return { user };
}
