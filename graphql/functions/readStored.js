import { runtime, util } from '@aws-appsync/utils';

/**
 * What is stored under the id of ctx.stash.message, if storeMessage found it known. A replay of the
 * same message ends in DuplicateMessage, so that nobody gets it again; a publisher's retry goes on
 * with the message as it was stored first. If the text is another one, or the stored message was
 * published later, it becomes ctx.stash.stored, and replaceStored decides.
 */
export function request(ctx) {
  if (!ctx.stash.isKnown) {
    // In either pipeline, the functions that follow are also about known ids.
    runtime.earlyReturn(null, { skipTo: 'END' });
  }
  const { id, name } = ctx.stash.message;
  return {
    operation: 'GetItem',
    key: util.dynamodb.toMapValues({ name, id }),
    consistentRead: true,
  };
}

export function response(ctx) {
  if (ctx.error || !ctx.result) {
    const why = ctx.error ? ctx.error.type : 'the stored message has just gone';
    util.error(
      `the message is on the bus but not stored: publish again with the same id (${why})`,
      'StoreUnavailable',
    );
  }
  const { id, name, message, publishedAt, region, publisher } = ctx.result;
  const stored = publisher
    ? { id, name, message, publishedAt, region, publisher }
    : { id, name, message, publishedAt, region };
  const mine = ctx.stash.message;
  const isLater =
    publishedAt > mine.publishedAt || (publishedAt === mine.publishedAt && region > mine.region);
  if (message !== mine.message || isLater) {
    ctx.stash.stored = stored;
    return null;
  }
  if (ctx.info.fieldName !== 'publish') {
    util.error('this region has the message already', 'DuplicateMessage');
  }
  ctx.stash.message = stored;
  return null;
}
