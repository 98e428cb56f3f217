/** One channel as readChannel found it. */
export function request(ctx) {
  ctx.stash.name = ctx.args.name;
  return {};
}

export function response(ctx) {
  return ctx.stash.channel;
}
