/** A refused channel: why, in a visitor's words, and whether it has been opened since. */
import type { RegionConfig } from '../../config/config';
import { inWords } from '../../graphql/inWords';
import { fetchChannel } from '../../graphql/operations';
import type { FeedEvent, FeedState } from './feed';

const CLOSED: ReadonlySet<string> = new Set(['ChannelBlocked', 'ChannelNotAllowed']);

export type Refused = Extract<FeedState, { kind: 'refused' }>;

/** Whether an operator may end the refusal, so that it is worth asking again. */
export function mayEnd(state: FeedState): boolean {
  return state.kind === 'refused' && CLOSED.has(state.errorType);
}

/** The event as visitors read it: a refusal says what the operator gave as the reason. */
export async function explained(
  event: FeedEvent,
  channel: string,
  regions: readonly RegionConfig[],
): Promise<FeedEvent> {
  if (event.kind !== 'state' || event.state.kind !== 'refused') return event;
  const { state } = event;
  const words = inWords(state.errorType, state.reason);
  const why = mayEnd(state) ? await reason(channel, state.region, regions) : null;
  return { kind: 'state', state: { ...state, reason: why ? `${words} (${why})` : words } };
}

/** Whether the region that refused the channel accepts it now. */
export async function isOpen(
  channel: string,
  region: string,
  regions: readonly RegionConfig[],
): Promise<boolean> {
  const asked = regions.find((each) => each.region === region);
  try {
    return asked !== undefined && (await fetchChannel(asked, channel)).allowed;
  } catch {
    return false; // asked again soon
  }
}

async function reason(
  channel: string,
  region: string,
  regions: readonly RegionConfig[],
): Promise<string | null> {
  const asked = regions.find((each) => each.region === region);
  try {
    return asked === undefined ? null : (await fetchChannel(asked, channel)).reason;
  } catch {
    return null; // it is refused all the same
  }
}
