import { runtime, util } from '@aws-appsync/utils';

/** Drops from ctx.stash.members those whose lease has ended: what has expired is never shown. */
export function request(ctx) {
  if (ctx.stash.members.length === 0) {
    runtime.earlyReturn(null);
  }
  const keys = ctx.stash.members.map(({ connection }) =>
    util.dynamodb.toMapValues({ connection }),
  );
  return {
    operation: 'BatchGetItem',
    tables: { [ctx.env.LEASES_TABLE]: { keys, consistentRead: true } },
  };
}

export function response(ctx) {
  const table = ctx.env.LEASES_TABLE;
  const unprocessed = ctx.error ? [] : ((ctx.result.unprocessedKeys ?? {})[table] ?? []);
  if (ctx.error || unprocessed.length > 0) {
    const why = ctx.error ? ctx.error.type : 'it answered in part';
    util.error(`presence does not answer: try again (${why})`, 'StoreUnavailable');
  }
  const now = util.time.nowEpochMilliSeconds();
  const here = ctx.result.data[table]
    .filter((lease) => lease && !lease.ended && lease.expiresAt > now)
    .filter(({ channels }) => (channels ?? []).includes(ctx.stash.name))
    .map(({ connection }) => connection);
  ctx.stash.members = ctx.stash.members.filter(({ connection }) => here.includes(connection));
  return null;
}
