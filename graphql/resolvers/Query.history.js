const PAGE = 100;

/**
 * A channel's stored messages after an id, oldest first: readChannel -> requireAllowed ->
 * readHistory. A page may be short, or even empty, and still have a nextToken.
 */
export function request(ctx) {
  const { name, after, limit, nextToken } = ctx.args;
  ctx.stash.name = name;
  ctx.stash.page = { after, limit: limit ?? PAGE, nextToken };
  return {};
}

export function response(ctx) {
  const { items, nextToken } = ctx.prev.result;
  return {
    items: items.map(({ id, name, message, publishedAt, region }) => ({
      id,
      name,
      message,
      publishedAt,
      region,
    })),
    nextToken,
  };
}
