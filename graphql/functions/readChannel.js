import { util } from '@aws-appsync/utils';

const CHANNEL_NAME = '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$';

/** Puts the channel named in the stash into ctx.stash.channel, as the policy has it now. */
export function request(ctx) {
  const name = ctx.stash.message ? ctx.stash.message.name : ctx.stash.name;
  if (!util.matches(CHANNEL_NAME, name)) {
    util.error(
      'a channel name has 1 to 64 letters, digits, or . _ : - and starts with a letter or digit',
      'InvalidChannelName',
    );
  }
  ctx.stash.channel = {
    name,
    allowed: ctx.env.ALLOWED_CHANNELS.split(',').includes(name),
  };
  return { payload: null };
}

export function response(ctx) {
  return ctx.result;
}
