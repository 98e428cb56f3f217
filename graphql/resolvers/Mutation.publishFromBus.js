import { util } from '@aws-appsync/utils';

/**
 * A message that another region's bus carried here: readChannel -> checkMessage -> storeMessage ->
 * readStored -> replaceStored. Its origin has checked who published it. A channel that is blocked now
 * keeps the message, so that the regions' histories agree after an `allow`, and delivers nothing.
 */
export function request(ctx) {
  const { id, name, message, publishedAt, region, publisher } = ctx.args;
  ctx.stash.message = publisher
    ? { id, name, message, publishedAt, region, publisher }
    : { id, name, message, publishedAt, region };
  return {};
}

export function response(ctx) {
  const { name, isBlocked } = ctx.stash.channel;
  if (isBlocked) {
    util.error(`channel ${name} is blocked: the message is stored, not delivered`, 'ChannelBlocked');
  }
  return ctx.stash.message;
}
