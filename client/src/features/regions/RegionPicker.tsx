import { NativeSelect } from '@mantine/core';
import type { RegionEndpoint } from '@globalws/client';
import { regionName, regionTitle } from '../../lib/regionNames';
import { duration } from '../../lib/time';
import { byDistance } from './measure';
import type { RoundTrips } from './measure';

export const NEAREST = 'nearest';

interface Props {
  readonly regions: readonly RegionEndpoint[];
  readonly times: RoundTrips | null;
  /** A region's code, or `nearest`. */
  readonly value: string;
  readonly onChange: (value: string) => void;
}

export function RegionPicker({ regions, times, value, onChange }: Props) {
  const options = regions.map(({ region }) => ({
    value: region,
    label: regionTitle(region) + distance(region, times),
  }));
  return (
    <NativeSelect
      label="Region"
      data={[{ value: NEAREST, label: nearestLabel(regions, times) }, ...options]}
      value={value}
      onChange={(event) => {
        onChange(event.currentTarget.value);
      }}
    />
  );
}

function distance(region: string, times: RoundTrips | null): string {
  if (!times) return '';
  const time = times.get(region);
  return time === null || time === undefined ? ' – no answer' : ` – ${duration(time)}`;
}

function nearestLabel(regions: readonly RegionEndpoint[], times: RoundTrips | null): string {
  if (!times) return 'Nearest: measuring …';
  const [nearest] = byDistance(regions, times);
  return nearest ? `Nearest: ${regionName(nearest.region)}` : 'Nearest';
}
