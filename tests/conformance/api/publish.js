import { util } from '@aws-appsync/utils';

export function request(ctx) {
  const { id, name, message, note } = ctx.args;
  ctx.stash.message = {
    id: id ?? util.autoUlid(),
    name,
    message,
    note,
    publishedAt: util.time.nowISO8601(),
    region: ctx.env.REGION,
  };
  return {};
}

export function response(ctx) {
  return ctx.stash.message;
}
