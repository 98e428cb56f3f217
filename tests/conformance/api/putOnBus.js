import { util } from '@aws-appsync/utils';

export function request(ctx) {
  return {
    operation: 'PutEvents',
    events: [{ source: 'globalws', detailType: 'MessagePublished', detail: ctx.stash.message }],
  };
}

export function response(ctx) {
  if (ctx.error) {
    util.error(ctx.error.message, 'BusUnavailable');
  }
  if (ctx.result.FailedEntryCount > 0) {
    util.error(ctx.result.Entries[0].ErrorCode, 'BusUnavailable');
  }
  return ctx.result;
}
