import { runtime, util } from '@aws-appsync/utils';

/** Takes ctx.stash.member off the channel's list. */
export function request(ctx) {
  const { name, member } = ctx.stash;
  if (!member) {
    runtime.earlyReturn(null);
  }
  return {
    operation: 'DeleteItem',
    key: util.dynamodb.toMapValues({ channel: name, connection: member.connection }),
  };
}

export function response(ctx) {
  if (ctx.error) {
    util.error(`presence does not answer: try again (${ctx.error.type})`, 'StoreUnavailable');
  }
  ctx.stash.action = 'LEAVE';
  return ctx.result;
}
