import { util } from '@aws-appsync/utils';

/** Refuses a channel that is not allowed; readChannel has put it into ctx.stash.channel. */
export function request(ctx) {
  const { name, allowed, reason } = ctx.stash.channel;
  if (!allowed) {
    const why = reason ? ` (${reason})` : '';
    util.error(
      `channel ${name} is not allowed${why}: ask "channels" for those that are`,
      'ChannelNotAllowed',
    );
  }
  return { payload: null };
}

export function response(ctx) {
  return ctx.result;
}
