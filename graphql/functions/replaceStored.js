import { runtime, util } from '@aws-appsync/utils';

// Of the messages with one id, the one that was published first stays, in every region alike.
const STORED_IS_LATER =
  '#publishedAt > :publishedAt OR (#publishedAt = :publishedAt AND ' +
  '(#region > :region OR (#region = :region AND #message > :message)))';

/**
 * Settles which of two messages with one id stays, so that all regions end with the same text: stores
 * ctx.stash.message in place of ctx.stash.stored, if that is later. A text that comes later is
 * refused; the same text is a duplicate all the same.
 */
export function request(ctx) {
  if (!ctx.stash.stored) {
    runtime.earlyReturn(null);
  }
  const { id, name, ...content } = ctx.stash.message;
  const { message, publishedAt, region } = content;
  const hours = JSON.parse(ctx.env.MESSAGE_RETENTION_HOURS);
  const expiresAt = util.time.nowEpochSeconds() + hours * 3600;
  const write = util.autoUlid();
  return {
    operation: 'PutItem',
    key: util.dynamodb.toMapValues({ name, id }),
    attributeValues: util.dynamodb.toMapValues({ ...content, expiresAt, write }),
    condition: {
      expression: STORED_IS_LATER,
      expressionNames: {
        '#publishedAt': 'publishedAt',
        '#region': 'region',
        '#message': 'message',
      },
      expressionValues: util.dynamodb.toMapValues({
        ':publishedAt': publishedAt,
        ':region': region,
        ':message': message,
      }),
    },
  };
}

export function response(ctx) {
  const isRefused =
    ctx.error && ctx.error.type === 'DynamoDB:ConditionalCheckFailedException';
  if (ctx.error && !isRefused) {
    util.error(
      `the message is on the bus but not stored: publish again with the same id (${ctx.error.type})`,
      'StoreUnavailable',
    );
  }
  const isSameText = ctx.stash.stored.message === ctx.stash.message.message;
  if (isSameText && ctx.info.fieldName !== 'publish') {
    util.error('this region has the message already', 'DuplicateMessage');
  }
  if (isRefused && !isSameText) {
    util.error('another message has this id: leave the id out, or make a new one', 'InvalidMessageId');
  }
  return null;
}
