import { runtime, util } from '@aws-appsync/utils';

/**
 * Takes ctx.stash.member off the channel's list, unless the connection has entered again meanwhile:
 * its LEAVE is announced all the same, with the lower number.
 */
export function request(ctx) {
  const { name, member } = ctx.stash;
  if (!member) {
    runtime.earlyReturn(null);
  }
  return {
    operation: 'DeleteItem',
    key: util.dynamodb.toMapValues({ channel: name, connection: member.connection }),
    condition: {
      expression: 'attribute_not_exists(#seq) OR #seq < :seq',
      expressionNames: { '#seq': 'seq' },
      expressionValues: util.dynamodb.toMapValues({ ':seq': member.seq }),
    },
  };
}

export function response(ctx) {
  if (ctx.error && ctx.error.type !== 'DynamoDB:ConditionalCheckFailedException') {
    util.error(`presence does not answer: try again (${ctx.error.type})`, 'StoreUnavailable');
  }
  ctx.stash.action = 'LEAVE';
  return ctx.result;
}
