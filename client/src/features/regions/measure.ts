import type { Client, RegionEndpoint } from '@globalws/client';

/** Milliseconds to a region and back, or null where nothing answers. */
export type RoundTrips = ReadonlyMap<string, number | null>;

export async function measureAll(client: Client): Promise<RoundTrips> {
  const times = [...(await client.roundTrips())];
  return new Map(times.map(([region, time]) => [region, Number.isFinite(time) ? time : null]));
}

/** Nearest first; regions that did not answer come last, in the given order. */
export function byDistance<Region extends Pick<RegionEndpoint, 'region'>>(
  regions: readonly Region[],
  times: RoundTrips,
): readonly Region[] {
  const distance = (each: Region): number => times.get(each.region) ?? Number.MAX_VALUE;
  return regions.toSorted((left, right) => distance(left) - distance(right));
}
