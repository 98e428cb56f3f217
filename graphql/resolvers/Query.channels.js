import { util } from '@aws-appsync/utils';

const MOST = 1000;

/** The deployment's channels and those that operators decided on, by name; of these at most MOST. */
export function request() {
  return {
    operation: 'Scan',
    limit: MOST,
    filter: {
      expression: 'attribute_exists(#allowed)',
      expressionNames: { '#allowed': 'allowed' },
    },
  };
}

export function response(ctx) {
  if (ctx.error) {
    util.error(
      `the registry of channels does not answer: try again (${ctx.error.type})`,
      'RegistryUnavailable',
    );
  }
  const channels = {};
  for (const name of ctx.env.ALLOWED_CHANNELS.split(',')) {
    channels[name] = { name, allowed: true };
  }
  for (const item of ctx.result.items) {
    const { name, allowed, reason, updatedAt } = item;
    channels[name] = { name, allowed, reason, updatedAt };
  }
  return Object.keys(channels)
    .sort()
    .map((name) => channels[name]);
}
