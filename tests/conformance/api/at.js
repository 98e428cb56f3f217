export function request(ctx) {
  return { payload: ctx.args.time };
}

export function response(ctx) {
  return ctx.result;
}
