import { util } from '@aws-appsync/utils';

// `globalws status --probe` measures here, so that nobody's channel gets its messages. Allowed
// everywhere, unless an operator decides otherwise, and not listed.
const PROBE = 'globalws.probe';
const CHANNEL_NAME = '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$';

/**
 * Puts the channel named in the stash into ctx.stash.channel, as the policy has it now: what an
 * operator decided, else whether the deployment allows it. Without an answer nothing is allowed.
 */
export function request(ctx) {
  const name = ctx.stash.message ? ctx.stash.message.name : ctx.stash.name;
  if (!util.matches(CHANNEL_NAME, name)) {
    util.error(
      'a channel name has 1 to 64 letters, digits, or . _ : - and starts with a letter or digit',
      'InvalidChannelName',
    );
  }
  ctx.stash.channel = { name, allowed: false };
  return {
    operation: 'GetItem',
    key: util.dynamodb.toMapValues({ name }),
    // Who is kicked off a channel comes back at once, and must meet the decision just written.
    consistentRead: true,
  };
}

export function response(ctx) {
  if (ctx.error) {
    util.error(
      `the registry of channels does not answer: try again (${ctx.error.type})`,
      'RegistryUnavailable',
    );
  }
  const { name } = ctx.stash.channel;
  const item = ctx.result ?? {};
  if (item.allowed === true || item.allowed === false) {
    const { allowed, reason, updatedAt } = item;
    ctx.stash.channel = { name, allowed, reason, updatedAt };
  } else {
    // Nobody decided, or an operator took the decision back: its reason is none for what is now.
    const allowed = name === PROBE || ctx.env.ALLOWED_CHANNELS.split(',').includes(name);
    ctx.stash.channel = { name, allowed };
  }
  return ctx.stash.channel;
}
