import { useCallback, useState } from 'react';
import type { RegionConfig } from '../../config/config';
import { ApiError } from '../../graphql/execute';
import { errorInWords } from '../../graphql/inWords';
import { publish } from '../../graphql/operations';
import type { Message } from '../../graphql/schema';
import { ulid } from '../../lib/ulid';
import type { OwnIds } from './useOwnIds';

/** A message that this page wants published and the API has not accepted yet. */
export interface Draft {
  readonly id: string;
  readonly name: string;
  readonly message: string;
  /** Why not, once the API has said so; null while it is on its way. */
  readonly error: string | null;
  /** Whether sending the same again can help. */
  readonly retryable: boolean;
}

export interface Outbox {
  readonly drafts: readonly Draft[];
  readonly send: (name: string, message: string) => void;
  /** Sends a failed draft again, with its own id: accepted twice, it still counts once. */
  readonly retry: (draft: Draft) => void;
  readonly discard: (id: string) => void;
}

/** Publishes in the region; `accepted` hears of every message that the API took. */
export function useOutbox(
  region: RegionConfig,
  own: OwnIds,
  accepted: (message: Message) => void,
): Outbox {
  const [drafts, setDrafts] = useState<readonly Draft[]>([]);

  const put = useCallback((draft: Draft) => {
    setDrafts((before) =>
      before.some((each) => each.id === draft.id)
        ? before.map((each) => (each.id === draft.id ? draft : each))
        : [...before, draft],
    );
  }, []);
  const discard = useCallback((id: string) => {
    setDrafts((before) => before.filter((each) => each.id !== id));
  }, []);
  const attempt = useCallback(
    async (first: Draft, ownClock: boolean) => {
      let draft = first;
      let replaceable = ownClock;
      for (;;) {
        put({ ...draft, error: null });
        try {
          accepted(await publish(region, draft));
          discard(draft.id);
          return;
        } catch (error) {
          const known = error instanceof ApiError ? error : null;
          if (replaceable && typeof known?.serverMs === 'number') {
            // This machine's clock is wrong, and nobody has the message yet: an id by the API's.
            replaceable = false;
            discard(draft.id);
            draft = { ...draft, id: ulid(known.serverMs) };
            own.add(draft.id);
            continue;
          }
          const retryable = known === null || known.passing;
          put({ ...draft, error: errorInWords(error), retryable });
          return;
        }
      }
    },
    [region, own, accepted, put, discard],
  );
  const send = useCallback(
    (name: string, message: string) => {
      const id = ulid();
      own.add(id);
      void attempt({ id, name, message, error: null, retryable: false }, true);
    },
    [attempt, own],
  );
  const retry = useCallback(
    (draft: Draft) => {
      void attempt(draft, false);
    },
    [attempt],
  );
  return { drafts, send, retry, discard };
}
