import { util } from '@aws-appsync/utils';

/** Takes the channel off the connection's lease: ctx.stash.member is whose it is, if there is one. */
export function request(ctx) {
  const { name, connection, secret } = ctx.args;
  return {
    operation: 'UpdateItem',
    key: util.dynamodb.toMapValues({ connection }),
    update: {
      expression: 'DELETE #channels :channels ADD #seq :one',
      expressionNames: { '#channels': 'channels', '#seq': 'seq' },
      expressionValues: { ':channels': { SS: [name] }, ':one': { N: '1' } },
    },
    condition: {
      expression: '#secret = :secret AND attribute_not_exists(#ended)',
      expressionNames: { '#secret': 'secret', '#ended': 'ended' },
      expressionValues: util.dynamodb.toMapValues({ ':secret': secret }),
    },
  };
}

export function response(ctx) {
  if (!ctx.error) {
    const { user, seq, connection } = ctx.result;
    const { REGION: region } = ctx.env;
    ctx.stash.member = { user, connection, seq, data: null, region, enteredAt: util.time.nowISO8601() };
    return ctx.result;
  }
  if (ctx.error.type === 'DynamoDB:ConditionalCheckFailedException') {
    // A connection without a lease is no member and has nothing to leave. The next functions do nothing then.
    return null;
  }
  util.error(`presence does not answer: try again (${ctx.error.type})`, 'StoreUnavailable');
}
