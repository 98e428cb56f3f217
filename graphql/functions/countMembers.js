import { runtime, util } from '@aws-appsync/utils';

// Above it, each change would be sent to each of very many: subscribers only hear that it changed.
const CROWD = 200;

/** Whether the channel has so many members that changes do not name them: ctx.stash.isCrowded. */
export function request(ctx) {
  const { name, member } = ctx.stash;
  if (!member) {
    runtime.earlyReturn(null);
  }
  return {
    operation: 'Query',
    query: {
      expression: '#channel = :channel',
      expressionNames: { '#channel': 'channel' },
      expressionValues: util.dynamodb.toMapValues({ ':channel': name }),
    },
    limit: CROWD + 1,
  };
}

export function response(ctx) {
  if (ctx.error) {
    util.error(`presence does not answer: try again (${ctx.error.type})`, 'StoreUnavailable');
  }
  ctx.stash.isCrowded = ctx.result.items.length > CROWD;
  return ctx.result.items.length;
}
