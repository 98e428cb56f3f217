import type { RegionConfig } from '../../config/config';
import { execute } from '../../graphql/execute';
import { OPERATIONS } from '../../graphql/operations';

/** Milliseconds to a region and back, or null where nothing answers. */
export type RoundTrips = ReadonlyMap<string, number | null>;

// The first call also pays for the connection, so the best of three is the distance.
const CALLS = 3;
const PATIENCE_MILLISECONDS = 3_000;

export async function measure(region: RegionConfig): Promise<number | null> {
  let best = Infinity;
  for (let call = 0; call < CALLS; call += 1) {
    const started = performance.now();
    try {
      await execute(region, OPERATIONS.ping, {}, PATIENCE_MILLISECONDS);
    } catch {
      break;
    }
    best = Math.min(best, performance.now() - started);
  }
  return Number.isFinite(best) ? best : null;
}

export async function measureAll(regions: readonly RegionConfig[]): Promise<RoundTrips> {
  const times = await Promise.all(
    regions.map(async (each) => [each.region, await measure(each)] as const),
  );
  return new Map(times);
}

/** Nearest first; regions that did not answer come last, in the given order. */
export function byDistance<Region extends Pick<RegionConfig, 'region'>>(
  regions: readonly Region[],
  times: RoundTrips,
): readonly Region[] {
  const distance = (each: Region): number => times.get(each.region) ?? Number.MAX_VALUE;
  return regions.toSorted((left, right) => distance(left) - distance(right));
}
