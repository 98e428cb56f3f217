/** What changed in a channel's presence, in any region, for this region's subscribers. */
export function request(ctx) {
  return { payload: ctx.args };
}

export function response(ctx) {
  return ctx.result;
}
