import { extensions } from '@aws-appsync/utils';

export function request(ctx) {
  return { payload: { name: ctx.args.name, allowed: true, auditor: ctx.identity.username } };
}

export function response(ctx) {
  const payload = { name: ctx.args.name };
  extensions.invalidateSubscriptions({ subscriptionField: 'subscribe', payload });
  extensions.invalidateSubscriptions({ subscriptionField: 'subscribeFromBus', payload });
  return ctx.result;
}
