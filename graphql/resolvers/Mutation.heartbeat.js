import { util } from '@aws-appsync/utils';

/** Renews a connection's lease, for all channels that it entered. No rule is read. */
export function request(ctx) {
  if (ctx.env.PRESENCE !== 'on') {
    util.error('this deployment has no presence (parameter Presence is off)', 'PresenceDisabled');
  }
  const { connection, secret } = ctx.args;
  const now = util.time.nowEpochMilliSeconds();
  const expiresAt = now + JSON.parse(ctx.env.PRESENCE_LEASE_SECONDS) * 1000;
  return {
    operation: 'UpdateItem',
    key: util.dynamodb.toMapValues({ connection }),
    update: {
      expression: 'SET #expiresAt = :expiresAt, #ttl = :ttl',
      expressionNames: { '#expiresAt': 'expiresAt', '#ttl': 'ttl' },
      expressionValues: util.dynamodb.toMapValues({
        ':expiresAt': expiresAt,
        ':ttl': Math.floor(expiresAt / 1000) + 86400,
      }),
    },
    condition: {
      expression: '#secret = :secret AND #expiresAt > :now AND attribute_not_exists(#ended)',
      expressionNames: { '#secret': 'secret', '#ended': 'ended' },
      expressionValues: util.dynamodb.toMapValues({ ':secret': secret, ':now': now }),
    },
  };
}

export function response(ctx) {
  if (!ctx.error) {
    const { channels, expiresAt } = ctx.result;
    return {
      channels: channels ?? [],
      expiresAt: util.time.epochMilliSecondsToISO8601(expiresAt),
    };
  }
  if (ctx.error.type === 'DynamoDB:ConditionalCheckFailedException') {
    util.error("the lease has ended, or is another's: enter again", 'LeaseExpired');
  }
  util.error(`presence does not answer: try again (${ctx.error.type})`, 'StoreUnavailable');
}
