import { extensions, util } from '@aws-appsync/utils';

export function request(ctx) {
  return {};
}

export function response(ctx) {
  const filter = util.transform.toSubscriptionFilter({ name: { eq: ctx.args.name } });
  extensions.setSubscriptionFilter(filter);
  extensions.setSubscriptionInvalidationFilter(filter);
  return null;
}
