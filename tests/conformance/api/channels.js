export function request(ctx) {
  return { payload: null };
}

export function response(ctx) {
  return ctx.env.ALLOWED_CHANNELS.split(',').map((name) => ({
    name,
    allowed: true,
    auditor: 'nobody',
  }));
}
