import { runtime, util } from '@aws-appsync/utils';

/**
 * Keeps ctx.stash.message for those who resume, once: it is refused if its id is known. Then
 * ctx.stash.isKnown is true, and readStored decides.
 */
export function request(ctx) {
  const hours = JSON.parse(ctx.env.MESSAGE_RETENTION_HOURS);
  if (hours === 0) {
    runtime.earlyReturn(null);
  }
  const { id, name, ...content } = ctx.stash.message;
  const expiresAt = util.time.nowEpochSeconds() + hours * 3600;
  // AppSync counts a refused write as done if the stored item equals the refused one. A duplicate
  // must never be: each write is made unlike every other.
  const write = util.autoUlid();
  return {
    operation: 'PutItem',
    key: util.dynamodb.toMapValues({ name, id }),
    attributeValues: util.dynamodb.toMapValues({ ...content, expiresAt, write }),
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
  // Reports differ on whether ctx.result is the stored item now.
  ctx.stash.isKnown = true;
  return null;
}
