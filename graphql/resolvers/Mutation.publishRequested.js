import { util } from '@aws-appsync/utils';

/**
 * The Publish function publishes what a back end put on this region's bus: readChannel ->
 * requireAllowed -> checkMessage -> putOnBus -> storeMessage -> readStored -> replaceStored ->
 * returnReplaced, as publish does. The bus does not say who put it there.
 */
export function request(ctx) {
  const { id, name, message } = ctx.args;
  ctx.stash.operation = 'publish';
  ctx.stash.message = {
    id,
    name,
    message,
    publishedAt: util.time.nowISO8601(),
    region: ctx.env.REGION,
    publisher: 'iam:bus',
  };
  return {};
}

export function response(ctx) {
  return ctx.stash.message;
}
