import { util } from '@aws-appsync/utils';

/**
 * A client's publish: readChannel -> requireAllowed -> checkMessage -> putOnBus. The message that
 * these functions share stands in ctx.stash.message; what comes back is what subscribers get.
 */
export function request(ctx) {
  const { id, name, message } = ctx.args;
  ctx.stash.message = {
    id: id ?? util.autoUlid(),
    name,
    message,
    publishedAt: util.time.nowISO8601(),
    region: ctx.env.REGION,
  };
  return {};
}

export function response(ctx) {
  return ctx.stash.message;
}
