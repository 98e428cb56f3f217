import { util } from '@aws-appsync/utils';

export function request(ctx) {
  const missing = ['id', 'name', 'message', 'publishedAt', 'region'].filter(
    (field) => !ctx.info.selectionSetList.includes(field),
  );
  if (missing.length > 0) {
    util.error(`missing: ${missing.join(', ')}`, 'IncompleteSelection', null, { missing });
  }
  return { payload: null };
}

export function response(ctx) {
  return ctx.result;
}
