import { useCallback, useEffect, useState } from 'react';
import { Badge, Button } from '@mantine/core';
import { regionName } from '../../lib/regionNames';
import { RegionChip } from '../regions/RegionChip';
import { operator } from './api';
import type { RegionStatus } from './api';
import type { Report } from './outcome';
import classes from './Operator.module.css';

/** Outages on demand: take a region down, or cut it off from its peers. */
export function RegionControls({ report }: { readonly report: Report }) {
  const [regions, setRegions] = useState<readonly RegionStatus[]>([]);
  const [busy, setBusy] = useState<string | null>(null);
  useEffect(() => {
    void report(async () => {
      setRegions((await operator.regions()).regions);
      return null;
    });
  }, [report]);
  const change = useCallback(
    async (code: string, wanted: { running?: boolean; cutOff?: boolean }, done: string) => {
      setBusy(code);
      await report(async () => {
        setRegions((await operator.setRegion(code, wanted)).regions);
        return `${regionName(code)} ${done}`;
      });
      setBusy(null);
    },
    [report],
  );
  return (
    <section className={classes.card} aria-labelledby="regions">
      <h2 id="regions">Regions</h2>
      <ul className={classes.regions}>
        {regions.map((each) => (
          <li key={each.region} className={classes.region}>
            <RegionChip region={each.region} />
            <Badge variant="light" color={each.running ? 'teal' : 'red'}>
              {each.running ? 'up' : 'down'}
            </Badge>
            {each.cutOff && (
              <Badge variant="light" color="orange">
                cut off
              </Badge>
            )}
            <span className={classes.actions}>
              <Button
                size="compact-sm"
                variant="default"
                disabled={busy !== null || !each.running}
                aria-label={`${each.cutOff ? 'Reconnect' : 'Cut off'} ${regionName(each.region)}`}
                onClick={() =>
                  void change(
                    each.region,
                    { cutOff: !each.cutOff },
                    each.cutOff ? 'exchanges messages again.' : 'is cut off from its peers.',
                  )
                }
              >
                {each.cutOff ? 'Reconnect' : 'Cut off'}
              </Button>
              <Button
                size="compact-sm"
                variant="default"
                loading={busy === each.region}
                disabled={busy !== null}
                aria-label={`${each.running ? 'Take down' : 'Bring back'} ${regionName(each.region)}`}
                onClick={() =>
                  void change(
                    each.region,
                    { running: !each.running },
                    each.running ? 'is down.' : 'is up again.',
                  )
                }
              >
                {each.running ? 'Take down' : 'Bring back'}
              </Button>
            </span>
          </li>
        ))}
      </ul>
      <p className={classes.hint}>
        Cut off: messages wait on the buses and arrive after the reconnection. Down: subscribers fail
        over to another region.
      </p>
    </section>
  );
}
