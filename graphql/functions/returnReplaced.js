import { runtime, util } from '@aws-appsync/utils';

/**
 * Puts another text that was replaced on the bus once more: Replay is refused, and keeps it in a
 * dead-letter queue. Here, if it came from another region; in the peers, if it was published here.
 */
export function request(ctx) {
  const { message, stored } = ctx.stash;
  if (!stored || stored.message === message.message) {
    runtime.earlyReturn(null);
  }
  return {
    operation: 'PutEvents',
    events: [{ source: 'globalws', detailType: 'MessagePublished', detail: stored }],
  };
}

export function response(ctx) {
  if (ctx.error || ctx.result.FailedEntryCount > 0) {
    const why = ctx.error ? ctx.error.message : ctx.result.Entries[0].ErrorCode;
    util.error(`the bus does not answer: publish again with the same id (${why})`, 'BusUnavailable');
  }
  return ctx.result;
}
