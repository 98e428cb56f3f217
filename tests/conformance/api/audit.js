export function request(ctx) {
  return { payload: { reason: 'secret' } };
}

export function response(ctx) {
  return ctx.result;
}
