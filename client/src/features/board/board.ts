/** The message board as data: what arrived, in order, each message once, bounded. */
import type { Message } from '@globalws/client';

/** So many the browser lays out without effort; older ones leave. */
export const MOST_ENTRIES = 2_000;

export type Via = 'live' | 'history' | 'answer';

export interface MessageEntry {
  readonly kind: 'message';
  readonly key: string;
  readonly at: number;
  readonly message: Message;
  readonly receivedAt: number;
  /** `answer`: so far only the publisher's own answer told of it. */
  readonly via: Via;
  readonly own: boolean;
}

export type Tone = 'good' | 'warning' | 'bad';

export interface NoticeEntry {
  readonly kind: 'notice';
  readonly key: string;
  readonly at: number;
  readonly tone: Tone;
  readonly text: string;
}

export type Entry = MessageEntry | NoticeEntry;

export interface Board {
  /** By publishing time, whatever the order of arrival. */
  readonly entries: readonly Entry[];
  /** Older ones that made room. */
  readonly dropped: number;
}

export const EMPTY_BOARD: Board = { entries: [], dropped: 0 };

export function messageEntry(
  message: Message,
  receivedAt: number,
  via: Via,
  own: boolean,
): MessageEntry {
  const published = Date.parse(message.publishedAt);
  const at = Number.isNaN(published) ? receivedAt : published;
  return { kind: 'message', key: message.id, at, message, receivedAt, via, own };
}

/** Milliseconds from publishing to arrival here, if the message came live. */
export function lag(entry: MessageEntry): number | null {
  const published = Date.parse(entry.message.publishedAt);
  if (entry.via !== 'live' || Number.isNaN(published)) return null;
  return Math.max(0, entry.receivedAt - published);
}

/** Adds what arrived; a message that is known already is not added again. */
export function addEntries(board: Board, arrivals: readonly Entry[]): Board {
  if (arrivals.length === 0) return board;
  const entries = [...board.entries];
  const known = new Map(entries.map((entry) => [entry.key, entry]));
  for (const arrival of arrivals) {
    const before = known.get(arrival.key);
    if (!before) {
      insert(entries, arrival);
      known.set(arrival.key, arrival);
    } else if (isUpgrade(before, arrival)) {
      entries[entries.indexOf(before)] = arrival;
      known.set(arrival.key, arrival);
    }
  }
  const excess = Math.max(0, entries.length - MOST_ENTRIES);
  return { entries: entries.slice(excess), dropped: board.dropped + excess };
}

/** The subscription's copy of an own message carries its lag; the answer's copy did not. */
function isUpgrade(before: Entry, arrival: Entry): boolean {
  return before.kind === 'message' && arrival.kind === 'message' && before.via === 'answer';
}

function insert(entries: Entry[], arrival: Entry): void {
  let index = entries.length;
  while (index > 0 && isAfter(entries[index - 1], arrival)) index -= 1;
  entries.splice(index, 0, arrival);
}

function isAfter(entry: Entry | undefined, arrival: Entry): boolean {
  if (!entry) return false;
  return entry.at > arrival.at || (entry.at === arrival.at && entry.key > arrival.key);
}
