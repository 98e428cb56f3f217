import { memo, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Button } from '@mantine/core';
import { clock } from '../../lib/time';
import type { Board, Entry, NoticeEntry } from './board';
import { MessageRow } from './MessageRow';
import classes from './Board.module.css';

interface Props {
  readonly board: Board;
  readonly label: string;
  /** What to say while there is nothing. */
  readonly empty: string;
}

const NEAR_END_PIXELS = 80;

/** The messages, newest last; stays at the end unless the reader has scrolled away from it. */
export function MessageBoard({ board, label, empty }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const [seen, setSeen] = useState<string | undefined>();
  const { entries } = board;
  const last = entries.at(-1)?.key;

  const toEnd = (): void => {
    const element = scroller.current;
    if (element) element.scrollTop = element.scrollHeight;
  };
  useLayoutEffect(() => {
    if (following.current) toEnd();
  }, [last, entries.length]);
  useEffect(() => {
    // Rows get their true height only when they come into sight, and with every turn of a phone.
    const observer = new ResizeObserver(() => {
      if (following.current) toEnd();
    });
    if (content.current) observer.observe(content.current);
    if (scroller.current) observer.observe(scroller.current);
    return () => {
      observer.disconnect();
    };
  }, []);

  const onScroll = (): void => {
    const element = scroller.current;
    if (!element) return;
    const below = element.scrollHeight - element.scrollTop - element.clientHeight;
    following.current = below < NEAR_END_PIXELS;
    setSeen(following.current ? undefined : (seen ?? last));
  };
  const unseen = seen === undefined ? 0 : countAfter(entries, seen);

  return (
    <div className={classes.board}>
      <div
        ref={scroller}
        className={classes.scroller}
        onScroll={onScroll}
        role="log"
        aria-label={label}
        // A region that scrolls must be reachable by keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
      >
        <div ref={content}>
          {board.dropped > 0 && (
            <p className={classes.dropped}>
              {board.dropped.toLocaleString()} older messages are no longer shown.
            </p>
          )}
          {entries.length === 0 ? (
            <p className={classes.empty}>{empty}</p>
          ) : (
            <ol className={classes.list}>
              {entries.map((entry) =>
                entry.kind === 'message' ? (
                  <MessageRow key={entry.key} entry={entry} />
                ) : (
                  <Notice key={entry.key} entry={entry} />
                ),
              )}
            </ol>
          )}
        </div>
      </div>
      {unseen > 0 && (
        <Button size="compact-sm" radius="xl" className={classes.jump} onClick={toEnd}>
          {unseen.toLocaleString()} new below
        </Button>
      )}
    </div>
  );
}

const Notice = memo(function Notice({ entry }: { readonly entry: NoticeEntry }) {
  return (
    <li className={classes.notice} data-tone={entry.tone}>
      <bdi>{entry.text}</bdi> <time dateTime={new Date(entry.at).toISOString()}>{clock(entry.at)}</time>
    </li>
  );
});

function countAfter(entries: readonly Entry[], key: string): number {
  const index = entries.findIndex((entry) => entry.key === key);
  return index < 0 ? 0 : entries.length - 1 - index;
}
