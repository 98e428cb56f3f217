import { util } from '@aws-appsync/utils';

const RETRY = 'the message was not accepted: publish again with the same id';

/** Hands ctx.stash.message to the region's bus, which carries it to the peers. */
export function request(ctx) {
  return {
    operation: 'PutEvents',
    events: [
      { source: 'globalws', detailType: 'MessagePublished', detail: ctx.stash.message },
    ],
  };
}

export function response(ctx) {
  if (ctx.error) {
    util.error(`${RETRY} (${ctx.error.message})`, 'BusUnavailable');
  }
  // PutEvents answers 200 even when it took nothing.
  if (ctx.result.FailedEntryCount > 0) {
    util.error(`${RETRY} (${ctx.result.Entries[0].ErrorCode})`, 'BusUnavailable');
  }
  return ctx.result;
}
