import { util } from '@aws-appsync/utils';

const MOST_CHANNELS = 100;
const KEPT_SECONDS = 366 * 86400;

/**
 * Adds the channel to the connection's lease, or makes the lease: ctx.stash.member.seq is the
 * number of this change. The lease's time is the API's own; no client's clock counts.
 */
export function request(ctx) {
  const { name, member } = ctx.stash;
  const now = util.time.nowEpochMilliSeconds();
  const expiresAt = now + JSON.parse(ctx.env.PRESENCE_LEASE_SECONDS) * 1000;
  const expiry = ctx.stash.client.user === null ? null : ctx.identity.claims.exp;
  // The token's groups and grants count for as long as the token: of several, the first one's time.
  const endsThen = ctx.env.END_AT_TOKEN_EXPIRY === 'true' && typeof expiry === 'number';
  const untilThen = endsThen ? ', #tokenEndsAt = if_not_exists(#tokenEndsAt, :tokenEndsAt)' : '';
  return {
    operation: 'UpdateItem',
    key: util.dynamodb.toMapValues({ connection: member.connection }),
    update: {
      expression:
        `SET #secret = :secret, #user = :user, #expiresAt = :expiresAt, #ttl = :ttl${untilThen} ` +
        'ADD #channels :channels, #seq :one',
      expressionNames: {
        '#secret': 'secret',
        '#user': 'user',
        '#expiresAt': 'expiresAt',
        '#ttl': 'ttl',
        '#channels': 'channels',
        '#seq': 'seq',
      },
      expressionValues: {
        ...util.dynamodb.toMapValues({
          ...(endsThen ? { ':tokenEndsAt': expiry * 1000 } : {}),
          ':secret': ctx.args.secret,
          ':user': member.user,
          ':expiresAt': expiresAt,
          // As long as its members: without a lease nothing would end them when the sweep runs again.
          ':ttl': Math.floor(expiresAt / 1000) + KEPT_SECONDS,
          ':one': 1,
        }),
        ':channels': { SS: [name] },
      },
    },
    condition: {
      expression:
        'attribute_not_exists(#connection) OR (#secret = :secret AND #user = :user ' +
        'AND attribute_not_exists(#ended) ' +
        'AND (attribute_not_exists(#tokenEndsAt) OR #tokenEndsAt > :now) ' +
        'AND (attribute_not_exists(#channels) OR contains(#channels, :name) OR size(#channels) < :most))',
      expressionNames: {
        '#connection': 'connection',
        '#ended': 'ended',
        '#tokenEndsAt': 'tokenEndsAt',
      },
      expressionValues: util.dynamodb.toMapValues({
        ':name': name,
        ':most': MOST_CHANNELS,
        ':now': now,
      }),
    },
  };
}

export function response(ctx) {
  if (!ctx.error) {
    ctx.stash.member = { ...ctx.stash.member, seq: ctx.result.seq };
    return ctx.result;
  }
  if (ctx.error.type === 'DynamoDB:ConditionalCheckFailedException') {
    util.error(
      `the lease has ended, is another's, or has ${MOST_CHANNELS} channels: enter with a new connection`,
      'LeaseExpired',
    );
  }
  util.error(`presence does not answer: try again (${ctx.error.type})`, 'StoreUnavailable');
}
