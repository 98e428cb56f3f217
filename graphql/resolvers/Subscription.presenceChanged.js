import { extensions, util } from '@aws-appsync/utils';

/**
 * Who comes and who leaves, of every region: requirePresence -> readChannel -> requireAllowed ->
 * endedBy have passed.
 */
export function request(ctx) {
  ctx.stash.name = ctx.args.name;
  ctx.stash.operation = 'presence';
  return {};
}

export function response(ctx) {
  const { name, endedBy } = ctx.stash;
  extensions.setSubscriptionFilter(util.transform.toSubscriptionFilter({ name: { eq: name } }));
  extensions.setSubscriptionInvalidationFilter(util.transform.toSubscriptionFilter(endedBy));
  return null;
}
