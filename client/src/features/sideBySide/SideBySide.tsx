import { useCallback, useState } from 'react';
import { Chip } from '@mantine/core';
import type { RegionEndpoint } from '@globalws/client';
import { regionName } from '../../lib/regionNames';
import type { Entry } from '../board/board';
import { useMakers } from '../composer/useOwnIds';
import { RegionColumn } from './RegionColumn';
import { replicationPaths } from './replication';
import { ReplicationBar } from './ReplicationBar';
import classes from './SideBySide.module.css';

interface Props {
  readonly channel: string;
  readonly regions: readonly RegionEndpoint[];
  readonly user: string;
}

/** One column a region, each with a subscription of its own there: replication made visible. */
export function SideBySide({ channel, regions, user }: Props) {
  const [hidden, setHidden] = useState<readonly string[]>([]);
  const [boards, setBoards] = useState<ReadonlyMap<string, readonly Entry[]>>(new Map());
  const makers = useMakers();
  const report = useCallback((region: string, entries: readonly Entry[]) => {
    setBoards((before) => new Map(before).set(region, entries));
  }, []);
  const shown = regions.filter((each) => !hidden.includes(each.region));
  const toggle = (region: string): void => {
    setHidden(
      hidden.includes(region) ? hidden.filter((each) => each !== region) : [...hidden, region],
    );
  };
  return (
    <section className={classes.view} aria-label={`Channel ${channel} in every region`}>
      {regions.length > 2 && (
        <div className={classes.choice} role="group" aria-label="Regions shown">
          {regions.map(({ region }) => (
            <Chip
              key={region}
              size="xs"
              checked={!hidden.includes(region)}
              onChange={() => {
                toggle(region);
              }}
            >
              {regionName(region)}
            </Chip>
          ))}
        </div>
      )}
      <ReplicationBar
        paths={replicationPaths(
          shown.map((each) => each.region),
          boards,
        )}
      />
      <div className={classes.columns}>
        {shown.map((region) => (
          <RegionColumn
            key={region.region}
            channel={channel}
            region={region}
            user={user}
            makers={makers}
            onEntries={report}
          />
        ))}
      </div>
    </section>
  );
}
