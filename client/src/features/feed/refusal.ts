/** A refused channel: why, in a visitor's words, and whether it has been opened since. */
import type { Client } from '@globalws/client';
import { inWords } from '../../lib/inWords';
import type { FeedEvent, FeedState } from './feed';

const CLOSED = ['ChannelNotAllowed', 'ChannelBlocked'];

export type Refused = Extract<FeedState, { kind: 'refused' }>;

/** Whether an operator may end the refusal, so that it is worth asking again. */
export function mayEnd(state: FeedState): boolean {
  return state.kind === 'refused' && CLOSED.includes(state.errorType);
}

/** The event as visitors read it: a refusal says what the operator gave as the reason. */
export async function explained(
  event: FeedEvent,
  channel: string,
  client: Client,
): Promise<FeedEvent> {
  if (event.kind !== 'state' || event.state.kind !== 'refused') return event;
  const { state } = event;
  const words = inWords(state.errorType, state.reason);
  const why = mayEnd(state) ? await reason(channel, client) : null;
  return { kind: 'state', state: { ...state, reason: why ? `${words} (${why})` : words } };
}

/** Whether the channel is accepted now. */
export async function isOpen(channel: string, client: Client): Promise<boolean> {
  try {
    return (await client.channel(channel)).allowed;
  } catch {
    return false; // asked again soon
  }
}

async function reason(channel: string, client: Client): Promise<string | null> {
  try {
    return (await client.channel(channel)).reason;
  } catch {
    return null; // it is refused all the same
  }
}
