/**
 * A message that another region's bus carried here: checkMessage, then delivery. Its origin has
 * checked the channel already; whoever may not read it cannot be subscribed here.
 */
export function request(ctx) {
  const { id, name, message, publishedAt, region } = ctx.args;
  ctx.stash.message = { id, name, message, publishedAt, region };
  return {};
}

export function response(ctx) {
  return ctx.stash.message;
}
