import { runtime, util } from '@aws-appsync/utils';

/**
 * What is stored under the id of ctx.stash.message, if storeMessage found it known. A replay of the
 * same message ends in DuplicateMessage, so that nobody gets it again; a publisher's retry goes on
 * with the message as it was stored first.
 */
export function request(ctx) {
  if (!ctx.stash.isKnown) {
    runtime.earlyReturn(null);
  }
  const { id, name } = ctx.stash.message;
  return {
    operation: 'GetItem',
    key: util.dynamodb.toMapValues({ name, id }),
    consistentRead: true,
  };
}

export function response(ctx) {
  if (ctx.error || !ctx.result) {
    const why = ctx.error ? ctx.error.type : 'the stored message has just gone';
    util.error(
      `the message is on the bus but not stored: publish again with the same id (${why})`,
      'StoreUnavailable',
    );
  }
  const { id, name, message, publishedAt, region } = ctx.result;
  if (ctx.info.fieldName === 'publishFromBus') {
    util.error('this region has the message already', 'DuplicateMessage');
  }
  if (message !== ctx.stash.message.message) {
    util.error('another message has this id: leave the id out, or make a new one', 'InvalidMessageId');
  }
  ctx.stash.message = { id, name, message, publishedAt, region };
  return null;
}
