import { describe, expect, it } from 'vitest';
import { messageOf } from '../../testing/fakes';
import { addEntries, EMPTY_BOARD, lag, messageEntry, MOST_ENTRIES } from './board';
import type { Board, NoticeEntry, Via } from './board';

const entry = (number: number, via: Via = 'live', received = 0) =>
  messageEntry(messageOf(number), received, via, false);
const texts = (board: Board): string[] =>
  board.entries.map((each) => (each.kind === 'message' ? each.message.message : each.text));

describe('addEntries', () => {
  it('orders by publishing time, whatever arrives when', () => {
    const board = addEntries(EMPTY_BOARD, [entry(3), entry(1)]);
    expect(texts(addEntries(board, [entry(2)]))).toEqual(['message 1', 'message 2', 'message 3']);
  });

  it('takes each message once', () => {
    const board = addEntries(EMPTY_BOARD, [entry(1), entry(1)]);
    expect(texts(addEntries(board, [entry(1, 'history')]))).toEqual(['message 1']);
  });

  it('lets the subscription complete what the answer told', () => {
    const answered = addEntries(EMPTY_BOARD, [entry(1, 'answer', 5)]);
    const [delivered] = addEntries(answered, [entry(1, 'live', 9)]).entries;
    expect(delivered).toMatchObject({ via: 'live', receivedAt: 9 });
    const late = addEntries(addEntries(EMPTY_BOARD, [entry(1, 'live', 9)]), [entry(1, 'answer', 5)]);
    expect(late.entries).toMatchObject([{ via: 'live', receivedAt: 9 }]);
  });

  it('puts notices where they fall', () => {
    const notice: NoticeEntry = {
      kind: 'notice',
      key: 'n',
      at: Date.parse(messageOf(2).publishedAt) - 1,
      tone: 'bad',
      text: 'Kicked',
    };
    const board = addEntries(EMPTY_BOARD, [entry(1), notice, entry(2)]);
    expect(texts(board)).toEqual(['message 1', 'Kicked', 'message 2']);
  });

  it('keeps the youngest and counts those that left', () => {
    const many = Array.from({ length: MOST_ENTRIES + 5 }, (_, number) => entry(number));
    const board = addEntries(EMPTY_BOARD, many);
    expect(board.entries).toHaveLength(MOST_ENTRIES);
    expect(board.dropped).toBe(5);
    expect(texts(board)[0]).toBe('message 5');
  });

  it('returns the same board for nothing', () => {
    expect(addEntries(EMPTY_BOARD, [])).toBe(EMPTY_BOARD);
  });
});

describe('lag', () => {
  const published = Date.parse(messageOf(1).publishedAt);
  it('is the time from publishing to arrival, for what came live', () => {
    expect(lag(entry(1, 'live', published + 180))).toBe(180);
    expect(lag(entry(1, 'live', published - 20))).toBe(0);
    expect(lag(entry(1, 'history', published + 180))).toBeNull();
    expect(lag(entry(1, 'answer', published + 180))).toBeNull();
  });
  it('is unknown without a time', () => {
    const message = messageOf(1, { publishedAt: 'yesterday' });
    expect(lag(messageEntry(message, 1, 'live', false))).toBeNull();
  });
});
