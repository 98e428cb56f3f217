import { roundTripMs } from '@globalws/client';
import type { RegionConfig } from '../../config/config';

/** Milliseconds to a region and back, or null where nothing answers. */
export type RoundTrips = ReadonlyMap<string, number | null>;

export async function measureAll(regions: readonly RegionConfig[]): Promise<RoundTrips> {
  const times = await Promise.all(
    regions.map(async (each) => {
      const time = await roundTripMs(each);
      return [each.region, Number.isFinite(time) ? time : null] as const;
    }),
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
