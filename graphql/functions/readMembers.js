import { util } from '@aws-appsync/utils';

const ULID = '^[0-7][0-9A-HJKMNP-TV-Z]{25}$';

/** Where a page begins: after the connection of its token `channel~connection`. */
function startOf(name, nextToken) {
  if (nextToken === undefined || nextToken === null) {
    return null;
  }
  const [channel, connection, ...more] = nextToken.split('~');
  if (channel !== name || more.length > 0 || !connection || !util.matches(ULID, connection)) {
    util.error('nextToken is not from presence of this channel', 'InvalidNextToken');
  }
  return connection;
}

/** Reads a page of the channel's list of members; readLeases sees who of them is still here. */
export function request(ctx) {
  const { limit, most, nextToken } = ctx.stash.page;
  if (limit < 1 || limit > most) {
    util.error(`limit must be from 1 to ${most}`, 'InvalidLimit');
  }
  const { name } = ctx.stash;
  const start = startOf(name, nextToken);
  return {
    operation: 'Query',
    query: {
      expression: `#channel = :channel${start ? ' AND #connection > :start' : ''}`,
      expressionNames: start
        ? { '#channel': 'channel', '#connection': 'connection' }
        : { '#channel': 'channel' },
      expressionValues: util.dynamodb.toMapValues(
        start ? { ':channel': name, ':start': start } : { ':channel': name },
      ),
    },
    consistentRead: true,
    limit,
  };
}

export function response(ctx) {
  if (ctx.error) {
    util.error(`presence does not answer: try again (${ctx.error.type})`, 'StoreUnavailable');
  }
  const { items, nextToken } = ctx.result;
  const last = nextToken ? items[items.length - 1] : null;
  ctx.stash.members = items;
  ctx.stash.nextToken = last ? `${last.channel}~${last.connection}` : null;
  return items;
}
