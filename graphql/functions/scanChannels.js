import { runtime, util } from '@aws-appsync/utils';

/**
 * Reads one page of the rules that operators made into ctx.stash.items. The resolver's pipeline has
 * this function several times; those behind the last page do nothing.
 */
export function request(ctx) {
  const { nextToken, isRead } = ctx.stash;
  if (isRead) {
    runtime.earlyReturn(null, { skipTo: 'END' });
  }
  return {
    operation: 'Scan',
    nextToken,
    // Neither the items of users nor the janitor's, nor decisions that were taken back.
    filter: {
      expression: 'attribute_exists(#allowed) AND NOT begins_with(#name, :other)',
      expressionNames: { '#allowed': 'allowed', '#name': 'name' },
      expressionValues: util.dynamodb.toMapValues({ ':other': '#' }),
    },
  };
}

export function response(ctx) {
  if (ctx.error) {
    util.error(
      `the registry of channels does not answer: try again (${ctx.error.type})`,
      'RegistryUnavailable',
    );
  }
  const { items, nextToken } = ctx.result;
  ctx.stash.items = [...ctx.stash.items, ...items];
  ctx.stash.nextToken = nextToken ?? undefined;
  ctx.stash.isRead = !nextToken;
  return null;
}
