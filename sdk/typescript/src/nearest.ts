/** Which region is nearest, by measured round trip. */

import { GraphQLError } from './errors.js';
import { execute, type Fetcher, PING } from './graphql.js';
import type { RegionEndpoint } from './types.js';

/** The first one pays for the connection. */
const TRIES = 2;
const TIMEOUT_MS = 3_000;

/** The best of a few queries, in milliseconds; infinite if the region does not answer. */
export async function roundTripMs(
  endpoint: RegionEndpoint,
  fetcher: Fetcher = (...args) => globalThis.fetch(...args),
): Promise<number> {
  let best = Infinity;
  for (let i = 0; i < TRIES; i += 1) {
    const begin = performance.now();
    try {
      await execute(fetcher, endpoint, { query: PING, variables: {}, timeoutMs: TIMEOUT_MS });
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
  regions: readonly RegionEndpoint[],
  fetcher?: Fetcher,
): Promise<RegionEndpoint[]> {
  const measured = await Promise.all(
    regions.map(async (endpoint) => ({ endpoint, ms: await roundTripMs(endpoint, fetcher) })),
  );
  // Infinity - Infinity is NaN, which sorts as no difference only when made a number.
  return measured.sort((a, b) => (a.ms - b.ms || 0)).map(({ endpoint }) => endpoint);
}
