import { util } from '@aws-appsync/utils';

const PAGE = 100;

/**
 * A channel's stored messages after an id, oldest first, or with `last` from the newest one back:
 * readChannel -> requireAllowed -> readHistory. A page may be short, or even empty, and still have a
 * nextToken.
 */
export function request(ctx) {
  const { name, after, limit, last, nextToken } = ctx.args;
  ctx.stash.name = name;
  ctx.stash.operation = 'subscribe';
  const isBackwards = last !== undefined && last !== null;
  const isMixed = [after, limit].some((value) => value !== undefined && value !== null);
  if (isBackwards && isMixed) {
    util.error('last takes neither after nor limit: it reads from the newest message back', 'InvalidLimit');
  }
  ctx.stash.page = { after, limit: last ?? limit ?? PAGE, isBackwards, nextToken };
  return {};
}

export function response(ctx) {
  const { items, nextToken } = ctx.prev.result;
  return {
    items: items.map(({ id, name, message, publishedAt, region, publisher }) => ({
      id,
      name,
      message,
      publishedAt,
      region,
      publisher,
    })),
    nextToken,
  };
}
