import { regionName } from '../../lib/regionNames';
import type { FeedState } from './feed';
import { mayEnd } from './refusal';
import type { Refused } from './refusal';

export type Signal = 'good' | 'busy' | 'warning' | 'bad';

export interface Description {
  readonly signal: Signal;
  readonly label: string;
  readonly detail: string;
}

/** A state in words: a short label, and what it means. */
export function describeState(state: FeedState): Description {
  const where = regionName(state.region);
  switch (state.kind) {
    case 'connecting':
      return { signal: 'busy', label: 'Connecting', detail: because(`to ${where}`, state.reason) };
    case 'live':
      return { signal: 'good', label: 'Live', detail: `in ${where}` };
    case 'resuming':
      return { signal: 'busy', label: 'Resuming', detail: because(`in ${where}, to catch up`, state.reason) };
    case 'failed-over':
      return {
        signal: 'warning',
        label: `Failed over to ${where}`,
        detail: `live; ${regionName(state.home)} does not answer`,
      };
    case 'kicked':
      return { signal: 'bad', label: 'Kicked', detail: 'by an operator; trying again' };
    case 'refused':
      return { signal: 'bad', label: 'Refused', detail: refusal(state) };
  }
}

function refusal(state: Refused): string {
  return mayEnd(state) ? `${state.reason}; this page comes back by itself` : state.reason;
}

function because(what: string, reason: string): string {
  return reason === '' ? what : `${what} (${reason})`;
}
