import { util } from '@aws-appsync/utils';

export function request(ctx) {
  const { name } = ctx.args;
  if (!ctx.env.ALLOWED_CHANNELS.split(',').includes(name)) {
    util.error(`channel ${name} is not allowed`, 'ChannelNotAllowed');
  }
  return { payload: null };
}

export function response(ctx) {
  return ctx.result;
}
