import { quantile } from '../../lib/stats';
import { lag } from '../board/board';
import type { Entry } from '../board/board';

/** How long messages took from one region to the subscribers of another. */
export interface Path {
  readonly from: string;
  readonly to: string;
  readonly count: number;
  readonly median: number | null;
  readonly slowest: number | null;
}

const RECENT = 200;

/** The path of every ordered pair of regions, by what each region's board shows. */
export function replicationPaths(
  regions: readonly string[],
  boards: ReadonlyMap<string, readonly Entry[]>,
): readonly Path[] {
  return regions.flatMap((from) =>
    regions
      .filter((to) => to !== from)
      .map((to) => {
        const lags = recentLags(boards.get(to) ?? [], from);
        return {
          from,
          to,
          count: lags.length,
          median: quantile(lags, 0.5),
          slowest: quantile(lags, 1),
        };
      }),
  );
}

function recentLags(entries: readonly Entry[], origin: string): number[] {
  const lags: number[] = [];
  for (const entry of entries) {
    if (entry.kind !== 'message' || entry.message.region !== origin) continue;
    const milliseconds = lag(entry);
    if (milliseconds !== null) lags.push(milliseconds);
  }
  return lags.slice(-RECENT);
}
