import { util } from '@aws-appsync/utils';

/**
 * The deployment's rules and those that operators made, by pattern: scanChannels, as often as the
 * pipeline has it.
 */
export function request(ctx) {
  ctx.stash.items = [];
  return {};
}

export function response(ctx) {
  if (!ctx.stash.isRead) {
    util.error('there are more rules than one answer holds: read the table', 'TooManyChannels');
  }
  // By `/` and the pattern, which no member that objects have by themselves is called.
  const channels = {};
  for (const entry of ctx.env.ALLOWED_CHANNELS.split(',')) {
    const [pattern, ...rest] = entry.split('=');
    const [publish, subscribe] = rest.join('=').split('/').map((level) => level.trim());
    const name = pattern.trim();
    if (name !== '') {
      // The first of two entries for one pattern decides.
      channels[`/${name}`] = channels[`/${name}`] ?? {
        name,
        allowed: true,
        publish: publish || null,
        subscribe: subscribe || publish || null,
      };
    }
  }
  for (const item of ctx.stash.items) {
    const { name, allowed, reason, updatedAt } = item;
    const { publish, subscribe } = { ...channels[`/${name}`], ...item };
    channels[`/${name}`] = { name, allowed, reason, updatedAt, publish, subscribe };
  }
  return Object.keys(channels)
    .sort()
    .map((key) => channels[key]);
}
