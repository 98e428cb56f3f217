import { useCallback, useState } from 'react';
import { PublishFailedError } from '@globalws/client';
import type { Client, Message } from '@globalws/client';
import { errorInWords } from '../../lib/inWords';
import type { OwnIds } from './useOwnIds';

/** A message that this page wants published and the API has not accepted yet. */
export interface Draft {
  readonly key: string;
  /** The message's id, once it was tried with one. */
  readonly id: string | undefined;
  readonly name: string;
  readonly message: string;
  /** Why not, once the API has said so; null while it is on its way. */
  readonly error: string | null;
  /** Whether sending the same again can help. */
  readonly retryable: boolean;
}

export interface Drafts {
  readonly all: readonly Draft[];
  readonly send: (name: string, message: string) => void;
  /** Sends a failed draft again, with its own id: accepted twice, it still counts once. */
  readonly retry: (draft: Draft) => void;
  readonly discard: (key: string) => void;
}

/** Someone is waiting: each region is tried once, and then the sender decides. */
const ONCE = { attempts: 1, rounds: 1, timeoutMs: 15_000, backoffBaseMs: 0 } as const;

/** Publishes with the client; `accepted` hears of every message that the API took. */
export function useDrafts(
  client: Client,
  own: OwnIds,
  accepted: (message: Message) => void,
): Drafts {
  const [drafts, setDrafts] = useState<readonly Draft[]>([]);

  const put = useCallback((draft: Draft) => {
    setDrafts((before) =>
      before.some((each) => each.key === draft.key)
        ? before.map((each) => (each.key === draft.key ? draft : each))
        : [...before, draft],
    );
  }, []);
  const discard = useCallback((key: string) => {
    setDrafts((before) => before.filter((each) => each.key !== key));
  }, []);
  const attempt = useCallback(
    async (draft: Draft) => {
      const { id, key, message, name } = draft;
      put({ ...draft, error: null });
      try {
        accepted(await client.publish(name, message, { ...ONCE, id, onId: own.add }));
        discard(key);
      } catch (error) {
        const failure = error instanceof PublishFailedError ? error : null;
        const retryable = failure !== null;
        put({ ...draft, id: failure?.id ?? id, error: errorInWords(error), retryable });
      }
    },
    [client, own, accepted, put, discard],
  );
  const send = useCallback(
    (name: string, message: string) => {
      const key = crypto.randomUUID();
      void attempt({ key, id: undefined, name, message, error: null, retryable: false });
    },
    [attempt],
  );
  const retry = useCallback(
    (draft: Draft) => {
      void attempt(draft);
    },
    [attempt],
  );
  return { all: drafts, send, retry, discard };
}
