import { util } from '@aws-appsync/utils';

const ULID = '^[0-7][0-9A-HJKMNP-TV-Z]{25}$';
const MOST = 200;

/** Reads a page of the channel's stored messages, oldest first: ctx.stash.page is its arguments. */
export function request(ctx) {
  if (JSON.parse(ctx.env.MESSAGE_RETENTION_HOURS) === 0) {
    util.error('this deployment stores no messages (MessageRetentionHours is 0)', 'HistoryDisabled');
  }
  const { after, limit, nextToken } = ctx.stash.page;
  if (after && !util.matches(ULID, after)) {
    util.error('after must be a message id, or left out', 'InvalidMessageId');
  }
  if (limit < 1 || limit > MOST) {
    util.error(`limit must be from 1 to ${MOST}`, 'InvalidLimit');
  }
  const { name } = ctx.stash.channel;
  const range = after ? ' AND #id > :after' : '';
  const names = after ? { '#name': 'name', '#id': 'id' } : { '#name': 'name' };
  const values = after ? { ':name': name, ':after': after } : { ':name': name };
  return {
    operation: 'Query',
    query: {
      expression: `#name = :name${range}`,
      expressionNames: names,
      expressionValues: util.dynamodb.toMapValues(values),
    },
    // DynamoDB deletes what has expired only in its own time.
    filter: {
      expression: '#expiresAt > :now',
      expressionNames: { '#expiresAt': 'expiresAt' },
      expressionValues: util.dynamodb.toMapValues({ ':now': util.time.nowEpochSeconds() }),
    },
    scanIndexForward: true,
    // Who resumes asks right after a message was stored.
    consistentRead: true,
    limit,
    nextToken,
  };
}

export function response(ctx) {
  if (ctx.error) {
    util.error(`the history does not answer: try again (${ctx.error.type})`, 'StoreUnavailable');
  }
  return ctx.result;
}
