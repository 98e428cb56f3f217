import { util } from '@aws-appsync/utils';

/** What it takes to meet a level, in words. */
function wordsOf(level) {
  if (level === 'signed-in') {
    return 'a token';
  }
  return level.startsWith('group:')
    ? `a token of the group ${level.slice(6)}, or a grant`
    : 'a grant for it';
}

/** Whether the client meets a level without a grant. */
function meets({ kind, groups }, level) {
  if (kind === 'back-end' || level === 'anyone') {
    return true;
  }
  if (level === 'signed-in') {
    return kind === 'signed-in';
  }
  return level.startsWith('group:') && groups.includes(level.slice(6));
}

/**
 * Refuses ctx.stash.operation (publish, subscribe or presence) where the rules do not open the
 * channel to the client; readChannel has put both into the stash.
 */
export function request(ctx) {
  const { channel, client, operation } = ctx.stash;
  const { name, reason } = channel;
  if (client.isBlocked) {
    const why = client.blockedBecause ? ` (${client.blockedBecause})` : '';
    util.error(`you are blocked${why}`, 'UserBlocked');
  }
  if (channel.isBlocked) {
    util.error(`channel ${name} is blocked${reason ? ` (${reason})` : ''}`, 'ChannelBlocked');
  }
  const isWildcard = name.endsWith('*');
  if (!channel.allowed && !isWildcard) {
    util.error(
      `channel ${name} is not allowed: ask "channels" for those that are`,
      'ChannelNotAllowed',
    );
  }
  const stated = operation === 'publish' ? channel.publish : channel.subscribe;
  const level = isWildcard ? 'granted' : stated;
  const isGranted = client.grants.some(([, operations]) => operations.includes(operation));
  if (!meets(client, level) && !isGranted) {
    const problem = client.problem ? ` (the token's ${client.problem})` : '';
    util.error(
      `channel ${name} is not open to you: to ${operation} takes ${wordsOf(level)}${problem}`,
      'AccessDenied',
    );
  }
  return { payload: null };
}

export function response(ctx) {
  return ctx.result;
}
