/** Which region is nearest, by measured round trip. */

import { GraphQLError } from './errors.js';
import { type Caller, execute } from './graphql.js';
import { PING } from './operations.js';
import type { RegionEndpoint } from './types.js';

/** The first one pays for the connection. */
const TRIES = 2;
const TIMEOUT_MS = 3_000;

/** The best of a few queries, in milliseconds; infinite if the region does not answer. */
export async function roundTripMs(caller: Caller, endpoint: RegionEndpoint): Promise<number> {
  let best = Infinity;
  for (let i = 0; i < TRIES; i += 1) {
    const begin = performance.now();
    try {
      await execute(caller, endpoint, { query: PING, variables: {}, timeoutMs: TIMEOUT_MS });
    } catch (error) {
      // A refusal is an answer, too.
      if (!(error instanceof GraphQLError)) {
        return best;
      }
    }
    best = Math.min(best, performance.now() - begin);
  }
  return best;
}

/** The regions by round trip; those that do not answer keep their order, at the end. */
export async function nearestFirst(
  caller: Caller,
  regions: readonly RegionEndpoint[],
): Promise<RegionEndpoint[]> {
  const measured = await Promise.all(
    regions.map(async (endpoint) => ({ endpoint, ms: await roundTripMs(caller, endpoint) })),
  );
  // Infinity - Infinity is NaN, which sorts as no difference only when made a number.
  return measured.sort((a, b) => (a.ms - b.ms || 0)).map(({ endpoint }) => endpoint);
}
