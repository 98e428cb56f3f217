import { util } from '@aws-appsync/utils';

const ULID = '^[0-7][0-9A-HJKMNP-TV-Z]{25}$';
const MOST = 200;

/** The id beyond which a page begins: that of its token `channel~id`, else `after`, if there is one. */
function startOf(name, { after, nextToken }) {
  const isGiven = (value) => value !== undefined && value !== null;
  if (isGiven(after) && !util.matches(ULID, after)) {
    util.error('after must be a message id, or left out', 'InvalidMessageId');
  }
  if (!isGiven(nextToken)) {
    return after;
  }
  const [channel, id, ...more] = nextToken.split('~');
  if (channel !== name || more.length > 0 || !isGiven(id) || !util.matches(ULID, id)) {
    util.error('nextToken is not from the history of this channel', 'InvalidNextToken');
  }
  if (isGiven(after) && after > id) {
    util.error('after is beyond nextToken: give the same as for the first page', 'InvalidNextToken');
  }
  return id;
}

/**
 * Reads a page of the channel's stored messages: ctx.stash.page is its arguments. Oldest first, or
 * newest first (`isBackwards`).
 */
export function request(ctx) {
  if (JSON.parse(ctx.env.MESSAGE_RETENTION_HOURS) === 0) {
    util.error('this deployment stores no messages (MessageRetentionHours is 0)', 'HistoryDisabled');
  }
  const { limit, isBackwards } = ctx.stash.page;
  if (limit < 1 || limit > MOST) {
    util.error(`limit and last must be from 1 to ${MOST}`, 'InvalidLimit');
  }
  const { name } = ctx.stash.channel;
  const start = startOf(name, ctx.stash.page);
  const range = start ? ` AND #id ${isBackwards ? '<' : '>'} :start` : '';
  const names = start ? { '#name': 'name', '#id': 'id' } : { '#name': 'name' };
  const values = start ? { ':name': name, ':start': start } : { ':name': name };
  return {
    operation: 'Query',
    query: {
      expression: `#name = :name${range}`,
      expressionNames: names,
      expressionValues: util.dynamodb.toMapValues(values),
    },
    scanIndexForward: !isBackwards,
    // A client that resumes asks right after a message was stored.
    consistentRead: true,
    limit,
  };
}

export function response(ctx) {
  if (ctx.error) {
    util.error(`the history does not answer: try again (${ctx.error.type})`, 'StoreUnavailable');
  }
  const { items, nextToken } = ctx.result;
  // AppSync's own token cannot be checked: a wrong one would look like a store that does not answer.
  const last = nextToken ? items[items.length - 1] : null;
  // DynamoDB deletes what has expired only in its own time.
  const now = util.time.nowEpochSeconds();
  return {
    items: items.filter(({ expiresAt }) => expiresAt > now),
    nextToken: last ? `${last.name}~${last.id}` : null,
  };
}
