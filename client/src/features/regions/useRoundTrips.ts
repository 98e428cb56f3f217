import { useEffect, useState } from 'react';
import type { Client } from '@globalws/client';
import { measureAll } from './measure';
import type { RoundTrips } from './measure';

/** Measured once, when the page opens; null until then. */
export function useRoundTrips(client: Client): RoundTrips | null {
  const [times, setTimes] = useState<RoundTrips | null>(null);
  useEffect(() => {
    let gone = false;
    void measureAll(client).then((measured) => {
      if (!gone) setTimes(measured);
    });
    return () => {
      gone = true;
    };
  }, [client]);
  return times;
}
