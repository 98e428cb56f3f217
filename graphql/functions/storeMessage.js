import { runtime, util } from '@aws-appsync/utils';

/**
 * Keeps ctx.stash.message for those who resume, once: it is refused if its id is known. A replay
 * of a known message ends in DuplicateMessage, so that nobody gets it again; a publisher's retry
 * goes on with the message as it was stored first.
 */
export function request(ctx) {
  const hours = JSON.parse(ctx.env.MESSAGE_RETENTION_HOURS);
  if (hours === 0) {
    runtime.earlyReturn(null);
  }
  const { id, name, message, publishedAt, region } = ctx.stash.message;
  const expiresAt = util.time.nowEpochSeconds() + hours * 3600;
  // AppSync counts a refused write as done if the stored item equals the refused one. A duplicate
  // must never be: each write is made unlike every other.
  const write = util.autoUlid();
  return {
    operation: 'PutItem',
    key: util.dynamodb.toMapValues({ name, id }),
    attributeValues: util.dynamodb.toMapValues({ message, publishedAt, region, expiresAt, write }),
    condition: { expression: 'attribute_not_exists(id)' },
  };
}

export function response(ctx) {
  if (!ctx.error) {
    return null;
  }
  if (ctx.error.type !== 'DynamoDB:ConditionalCheckFailedException') {
    util.error(
      `the message is on the bus but not stored: publish again with the same id (${ctx.error.type})`,
      'StoreUnavailable',
    );
  }
  if (ctx.info.fieldName === 'publishFromBus') {
    util.error('this region has the message already', 'DuplicateMessage');
  }
  const { id, name, message, publishedAt, region } = ctx.result;
  if (message !== ctx.stash.message.message) {
    util.error('another message has this id: leave the id out, or make a new one', 'InvalidMessageId');
  }
  ctx.stash.message = { id, name, message, publishedAt, region };
  return null;
}
