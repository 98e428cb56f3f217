import { useEffect, useState } from 'react';
import type { RegionConfig } from '../../config/config';
import { measureAll } from './measure';
import type { RoundTrips } from './measure';

/** Measured once, when the page opens; null until then. */
export function useRoundTrips(regions: readonly RegionConfig[]): RoundTrips | null {
  const [times, setTimes] = useState<RoundTrips | null>(null);
  useEffect(() => {
    let gone = false;
    void measureAll(regions).then((measured) => {
      if (!gone) setTimes(measured);
    });
    return () => {
      gone = true;
    };
  }, [regions]);
  return times;
}
