/** The deployment's channels, by name. */
export function request() {
  return { payload: null };
}

export function response(ctx) {
  return ctx.env.ALLOWED_CHANNELS.split(',')
    .sort()
    .map((name) => ({ name, allowed: true }));
}
