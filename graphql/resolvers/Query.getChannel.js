/** One channel, or the pattern of a rule, as readChannel found it. */
export function request(ctx) {
  ctx.stash.name = ctx.args.name;
  ctx.stash.accepts = 'rules';
  return {};
}

export function response(ctx) {
  return ctx.stash.channel;
}
