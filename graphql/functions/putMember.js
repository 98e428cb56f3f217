import { util } from '@aws-appsync/utils';

const KEPT_SECONDS = 366 * 86400;

/** Lists ctx.stash.member in the channel; ctx.stash.action says whether it was there already. */
export function request(ctx) {
  const { name, member } = ctx.stash;
  // Heartbeats renew the lease only, so this must outlast every membership. The sweep deletes members;
  // this is for what a crash left behind without a lease, which nobody sees.
  const ttl = util.time.nowEpochSeconds() + KEPT_SECONDS;
  return {
    operation: 'UpdateItem',
    key: util.dynamodb.toMapValues({ channel: name, connection: member.connection }),
    update: {
      expression:
        'SET #user = :user, #data = :data, #seq = :seq, #ttl = :ttl, ' +
        '#enteredAt = if_not_exists(#enteredAt, :now)',
      expressionNames: {
        '#user': 'user',
        '#data': 'data',
        '#seq': 'seq',
        '#ttl': 'ttl',
        '#enteredAt': 'enteredAt',
      },
      expressionValues: util.dynamodb.toMapValues({
        ':user': member.user,
        ':data': member.data,
        ':seq': member.seq,
        ':ttl': ttl,
        ':now': member.enteredAt,
      }),
    },
  };
}

export function response(ctx) {
  if (ctx.error) {
    util.error(`presence does not answer: try again (${ctx.error.type})`, 'StoreUnavailable');
  }
  const { member } = ctx.stash;
  const { enteredAt } = ctx.result;
  ctx.stash.action = enteredAt === member.enteredAt ? 'ENTER' : 'UPDATE';
  ctx.stash.member = { ...member, enteredAt };
  return ctx.result;
}
