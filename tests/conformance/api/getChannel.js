export function request(ctx) {
  return { payload: null };
}

export function response(ctx) {
  const { name } = ctx.args;
  return { name, allowed: ctx.env.ALLOWED_CHANNELS.split(',').includes(name), auditor: 'nobody' };
}
