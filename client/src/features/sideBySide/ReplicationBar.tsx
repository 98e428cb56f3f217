import { regionName } from '../../lib/regionNames';
import { duration } from '../../lib/time';
import type { Path } from './replication';
import classes from './SideBySide.module.css';

/** How long messages take from each region to each other. */
export function ReplicationBar({ paths }: { readonly paths: readonly Path[] }) {
  return (
    <dl className={classes.paths} aria-label="Replication">
      {paths.map((path) => (
        <div key={`${path.from} ${path.to}`} className={classes.path}>
          <dt>
            {regionName(path.from)}
            <span aria-hidden="true"> → </span>
            <span className="hidden"> to </span>
            {regionName(path.to)}
          </dt>
          <dd>{path.median === null ? 'no message yet' : inNumbers(path)}</dd>
        </div>
      ))}
    </dl>
  );
}

function inNumbers({ median, slowest, count }: Path): string {
  const messages = count === 1 ? '1 message' : `${count} messages`;
  return `median ${duration(median ?? 0)}, slowest ${duration(slowest ?? 0)}, ${messages}`;
}
