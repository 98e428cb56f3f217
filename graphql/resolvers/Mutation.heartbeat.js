import { util } from '@aws-appsync/utils';

const KEPT_SECONDS = 366 * 86400; // as in joinLease.js

/**
 * Renews a connection's lease, for all channels that it entered. No rule is read: where access ends
 * later, the lease is ended, or its token's time is over.
 */
export function request(ctx) {
  if (ctx.env.PRESENCE !== 'on') {
    util.error('this deployment has no presence (parameter Presence is off)', 'PresenceDisabled');
  }
  const { connection, secret } = ctx.args;
  const now = util.time.nowEpochMilliSeconds();
  const expiresAt = now + JSON.parse(ctx.env.PRESENCE_LEASE_SECONDS) * 1000;
  const conditions = [
    '#secret = :secret',
    '#expiresAt > :now',
    'attribute_not_exists(#ended)',
    '(attribute_not_exists(#tokenEndsAt) OR #tokenEndsAt > :now)',
  ];
  const names = { '#secret': 'secret', '#ended': 'ended', '#tokenEndsAt': 'tokenEndsAt' };
  const values = { ':secret': secret, ':now': now };
  if (!ctx.identity) {
    // A user's membership is renewed with a token; an API key never ends.
    conditions.push('begins_with(#user, :anonymous)');
    names['#user'] = 'user';
    values[':anonymous'] = 'anon:';
  }
  return {
    operation: 'UpdateItem',
    key: util.dynamodb.toMapValues({ connection }),
    update: {
      expression: 'SET #expiresAt = :expiresAt, #ttl = :ttl',
      expressionNames: { '#expiresAt': 'expiresAt', '#ttl': 'ttl' },
      expressionValues: util.dynamodb.toMapValues({
        ':expiresAt': expiresAt,
        ':ttl': Math.floor(expiresAt / 1000) + KEPT_SECONDS,
      }),
    },
    condition: {
      expression: conditions.join(' AND '),
      expressionNames: names,
      expressionValues: util.dynamodb.toMapValues(values),
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
