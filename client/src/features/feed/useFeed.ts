import { use, useCallback, useEffect, useRef, useState } from 'react';
import { addEntries, EMPTY_BOARD, messageEntry } from '../board/board';
import type { Board, Entry } from '../board/board';
import type { Client, Message } from '@globalws/client';
import { FeedContext } from './feed';
import type { FeedEvent, FeedState } from './feed';
import { NO_MEMORY, noticeEntry, noticeOf, remember } from './notices';
import { explained, isOpen, mayEnd } from './refusal';

// Arrivals are shown together, so that a burst costs a few renders and not one each.
const FLUSH_MILLISECONDS = 60;
// A refused page asks whether the channel has been opened, ever less often: it may have many readers.
const FIRST_WAIT_MILLISECONDS = 2_000;
const LONGEST_WAIT_MILLISECONDS = 15_000;

export interface Feed {
  readonly state: FeedState;
  readonly board: Board;
  /** A message that this page has published, as the API's answer has it. */
  readonly published: (message: Message) => void;
  /** Subscribes again after a refusal. */
  readonly retry: () => void;
}

/**
 * Subscribes to the channel for as long as the component lives.
 *
 * @param client the same on every render, unless another user signed in
 * @param isOwn whether this page made the id; the same function on every render
 */
export function useFeed(
  channel: string,
  client: Client,
  isOwn: (id: string) => boolean,
): Feed {
  const open = use(FeedContext);
  const home = client.regions[0]?.region ?? '';
  const [state, setState] = useState<FeedState>({ kind: 'connecting', region: home, reason: '' });
  const [board, setBoard] = useState(EMPTY_BOARD);
  const [attempt, setAttempt] = useState(0);
  const arrivals = useRef<Entry[]>([]);

  useEffect(() => {
    const stop = new AbortController();
    let memory = NO_MEMORY;
    let count = 0;
    const take = (event: FeedEvent): void => {
      if (stop.signal.aborted) return;
      const now = Date.now();
      if (event.kind === 'message') {
        const via = event.resumed ? 'history' : 'live';
        arrivals.current.push(messageEntry(event.message, now, via, isOwn(event.message.id)));
        return;
      }
      const notice = noticeOf(event.state, memory);
      memory = remember(event.state, memory);
      setState(event.state);
      if (notice) {
        count += 1;
        arrivals.current.push(noticeEntry(notice, now, `${attempt}-${now}-${count}`));
      }
    };
    const run = async (): Promise<void> => {
      try {
        for await (const event of open(channel, client, stop.signal)) {
          take(await explained(event, channel, client));
        }
      } catch (error) {
        if (stop.signal.aborted) return;
        const reason = error instanceof Error ? error.message : String(error);
        take({
          kind: 'state',
          state: { kind: 'refused', region: home, errorType: 'Error', reason },
        });
      }
    };
    void run();
    return () => {
      stop.abort();
    };
  }, [open, channel, client, home, isOwn, attempt]);

  useEffect(() => {
    const timer = setInterval(() => {
      if (arrivals.current.length === 0) return;
      const taken = arrivals.current;
      arrivals.current = [];
      setBoard((before) => addEntries(before, taken));
    }, FLUSH_MILLISECONDS);
    return () => {
      clearInterval(timer);
    };
  }, []);

  const published = useCallback((message: Message) => {
    arrivals.current.push(messageEntry(message, Date.now(), 'answer', true));
  }, []);
  const retry = useCallback(() => {
    setState({ kind: 'connecting', region: home, reason: '' });
    setAttempt((before) => before + 1);
  }, [home]);
  const isClosed = mayEnd(state);
  useEffect(() => {
    if (!isClosed) return undefined;
    let timer: ReturnType<typeof setTimeout>;
    let gone = false;
    const wait = (milliseconds: number): void => {
      timer = setTimeout(() => {
        void isOpen(channel, client).then((open) => {
          if (gone) return;
          if (open) retry();
          else wait(Math.min(1.5 * milliseconds, LONGEST_WAIT_MILLISECONDS));
        });
      }, milliseconds * (0.5 + Math.random() / 2));
    };
    wait(FIRST_WAIT_MILLISECONDS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [isClosed, channel, client, retry]);
  return { state, board, published, retry };
}
