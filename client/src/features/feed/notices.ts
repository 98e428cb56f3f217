/** What a change of state means to the reader: one line on the board, or none. */
import type { NoticeEntry, Tone } from '../board/board';
import { regionName } from '../../lib/regionNames';
import type { FeedState } from './feed';

interface Notice {
  readonly tone: Tone;
  readonly text: string;
}

/** `trouble`: the last state that was noticed as one, until it is over. */
export function noticeOf(state: FeedState, trouble: FeedState | null): Notice | null {
  const where = regionName(state.region);
  switch (state.kind) {
    case 'kicked':
      return { tone: 'bad', text: 'Kicked: an operator ended the subscriptions of this channel.' };
    case 'refused':
      return { tone: 'bad', text: `Refused in ${where}: ${state.reason}` };
    case 'failed-over':
      return {
        tone: 'warning',
        text: `${regionName(state.home)} does not answer: failed over to ${where}.${gapOf(state)}`,
      };
    case 'live':
      return backAgain(where, trouble, state.gap);
    default:
      return null;
  }
}

const GAP = ' Messages may be missing, and cannot be had.';

function gapOf({ gap }: { readonly gap: boolean }): string {
  return gap ? GAP : '';
}

function backAgain(where: string, trouble: FeedState | null, gap: boolean): Notice | null {
  if (gap) return { tone: 'warning', text: `Live in ${where}.${GAP}` };
  if (!trouble) return null;
  const text = trouble.kind === 'failed-over' ? `Home again in ${where}.` : `Resumed in ${where}.`;
  return { tone: 'good', text };
}

/** The trouble that is on after `state`. */
export function troubleAfter(state: FeedState, trouble: FeedState | null): FeedState | null {
  if (state.kind === 'live' || state.kind === 'refused') return null;
  if (state.kind === 'kicked' || state.kind === 'failed-over') return state;
  if (state.kind === 'resuming') return trouble ?? state;
  return trouble;
}

export function noticeEntry(notice: Notice, at: number, key: string): NoticeEntry {
  return { kind: 'notice', key: `notice-${key}`, at, ...notice };
}
