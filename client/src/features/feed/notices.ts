/** What a change of state means to the reader: one line on the board, or none. */
import { regionName } from '../../lib/regionNames';
import type { NoticeEntry, Tone } from '../board/board';
import type { FeedState } from './feed';

export interface Notice {
  readonly tone: Tone;
  readonly text: string;
}

/** What the states so far come to. */
export interface Memory {
  readonly wasLive: boolean;
  /** What went wrong and is not over. */
  readonly trouble: 'kicked' | 'away' | 'cut' | null;
}

export const NO_MEMORY: Memory = { wasLive: false, trouble: null };

const GAP = ' Messages may be missing, and cannot be recovered.';

/** The line for `state`, if it is worth one. */
export function noticeOf(state: FeedState, { trouble }: Memory): Notice | null {
  const where = regionName(state.region);
  switch (state.kind) {
    case 'kicked':
      return { tone: 'bad', text: 'Kicked: an operator ended the subscriptions of this channel.' };
    case 'refused':
      return { tone: 'bad', text: `Refused in ${where}: ${state.reason}` };
    case 'failed-over': {
      const gap = state.gap ? GAP : '';
      const text = `${regionName(state.home)} does not answer: failed over to ${where}.${gap}`;
      return { tone: 'warning', text };
    }
    case 'live': {
      if (state.gap) return { tone: 'warning', text: `Live in ${where}.${GAP}` };
      if (trouble === null) return null;
      const text = trouble === 'away' ? `Home again in ${where}.` : `Resumed in ${where}.`;
      return { tone: 'good', text };
    }
    case 'connecting':
    case 'resuming':
      return null;
  }
}

export function remember(state: FeedState, memory: Memory): Memory {
  switch (state.kind) {
    case 'live':
      return { wasLive: true, trouble: null };
    case 'refused':
      return NO_MEMORY;
    case 'kicked':
      return { ...memory, trouble: 'kicked' };
    case 'failed-over':
      return { wasLive: true, trouble: 'away' };
    case 'connecting':
    case 'resuming':
      // The first catching up is how a subscription begins, and no trouble.
      return memory.wasLive ? { ...memory, trouble: memory.trouble ?? 'cut' } : memory;
  }
}

export function noticeEntry(notice: Notice, at: number, key: string): NoticeEntry {
  return { kind: 'notice', key: `notice-${key}`, at, ...notice };
}
