/** Channels in React: a provider of the client, a hook for a channel, and one for who is in it. */

import {
  createContext,
  createElement,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';

import type { Client } from './client.js';
import type { Presence } from './presence.js';
import type { Occupancy } from './presenceOperations.js';
import type { PublishOptions } from './publish.js';
import type { PresenceMember } from './roster.js';
import type { Message, StateEvent } from './types.js';

const ClientContext = createContext<Client | null>(null);

/** What ClientProvider takes. */
export interface ClientProviderProps {
  /** The client, the same one on every render. The application makes it and closes it. */
  readonly client: Client;
  readonly children?: ReactNode;
}

/** Gives the components below it the client that their hooks use. */
export function ClientProvider({ children, client }: ClientProviderProps): ReactNode {
  return createElement(ClientContext.Provider, { value: client }, children);
}

/** The provider's client; throws where there is none. */
export function useClient(): Client {
  const client = useContext(ClientContext);
  if (client === null) {
    throw new Error('useClient: there is no ClientProvider above this component');
  }
  return client;
}

/** Which messages useChannel shows. */
export interface UseChannelOptions {
  /** Begin with this many of the newest stored messages. */
  readonly rewind?: number | undefined;
  /** How many of the newest messages are kept in the list (200). */
  readonly keep?: number | undefined;
}

/** What useChannel returns. */
export interface UseChannel {
  /** By id, which is the order of publishing; the same list until another message comes. */
  readonly messages: readonly Message[];
  /** The subscription's state; null before the first. */
  readonly state: StateEvent | null;
  /** Why the subscription ended, where it did by an error. */
  readonly error: Error | null;
  /** See Client.publish. The same function until another channel or client is given. */
  readonly publish: (text: string, options?: PublishOptions) => Promise<Message>;
}

/** What a hook shows is of this channel: until its effect has run, another one's is not shown. */
interface Shown {
  readonly client: Client | null;
  readonly channel: string;
}

interface Seen extends Shown {
  readonly messages: readonly Message[];
  readonly state: StateEvent | null;
  readonly error: Error | null;
}

const NOTHING: Seen = { client: null, channel: '', messages: [], state: null, error: null };

/** Subscribes to the channel for as long as the component is there. */
export function useChannel(channel: string, options: UseChannelOptions = {}): UseChannel {
  const { keep = 200, rewind } = options;
  const client = useClient();
  const [seen, setSeen] = useState(NOTHING);

  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const run = async (): Promise<void> => {
      for await (const event of client.subscribe(channel, { rewind, signal })) {
        if (signal.aborted) {
          return;
        }
        setSeen((before) =>
          event.type === 'state'
            ? { ...before, client, channel, state: event }
            : { ...before, client, channel, messages: inserted(before.messages, event.message, keep) },
        );
      }
    };
    run().catch((error: unknown) => {
      if (!signal.aborted) {
        setSeen((before) => ({ ...before, client, channel, error: errorOf(error) }));
      }
    });
    return () => {
      controller.abort();
      setSeen(NOTHING);
    };
  }, [client, channel, rewind, keep]);

  const publish = useCallback(
    (text: string, more?: PublishOptions) => client.publish(channel, text, more),
    [client, channel],
  );
  const { error, messages, state } = isOf(seen, client, channel) ? seen : NOTHING;
  return useMemo(() => ({ messages, state, error, publish }), [messages, state, error, publish]);
}

/** How usePresence enters the channel. */
export interface UsePresenceOptions {
  /** Shown to others: at most 1,024 bytes. */
  readonly data?: string | null | undefined;
  /** Whether the user is a member (true), or only watches. */
  readonly enter?: boolean | undefined;
}

/** What usePresence returns. */
export interface UsePresence {
  /** All users in the channel, by name; the same list until something changes. */
  readonly members: readonly PresenceMember[];
  /** How many connections there are, once the channel has so many members that nobody is named. */
  readonly count: Occupancy | null;
  /** The presence's state; null before the first. */
  readonly state: StateEvent | null;
  /** Why it ended, where it did by an error: the API refused it, or the client is closed. */
  readonly error: Error | null;
}

const NOBODY: UsePresence & Shown = {
  client: null,
  channel: '',
  members: [],
  count: null,
  state: null,
  error: null,
};

/** Is a member of the channel for as long as the component is there, and tells who else is. */
export function usePresence(channel: string, options: UsePresenceOptions = {}): UsePresence {
  const { data = null, enter = true } = options;
  const client = useClient();
  const [seen, setSeen] = useState(NOBODY);
  const latest = useRef(data);
  const presence = useRef<Presence | null>(null);

  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const run = async (): Promise<void> => {
      const opened = client.presence(channel, { data: latest.current, enter, signal });
      presence.current = opened;
      const show = (): void => {
        if (!signal.aborted) {
          const { count, members, state } = opened;
          setSeen({ client, channel, members, count, state, error: null });
        }
      };
      opened.onState(show);
      while ((await opened.next()).done !== true) {
        show();
      }
    };
    run().catch((error: unknown) => {
      if (!signal.aborted) {
        setSeen((before) => ({ ...before, client, channel, error: errorOf(error) }));
      }
    });
    return () => {
      controller.abort();
      presence.current = null;
      setSeen(NOBODY);
    };
  }, [client, channel, enter]);

  useEffect(() => {
    if (latest.current !== data) {
      latest.current = data;
      if (enter) {
        presence.current?.update(data);
      }
    }
  }, [data, enter]);

  const { count, error, members, state } = isOf(seen, client, channel) ? seen : NOBODY;
  return useMemo(() => ({ members, count, state, error }), [members, count, state, error]);
}

function isOf(shown: Shown, client: Client, channel: string): boolean {
  return shown.client === client && shown.channel === channel;
}

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** The list with the message at its place; nearly always that is the end. */
function inserted(messages: readonly Message[], message: Message, keep: number): Message[] {
  let place = messages.length;
  while (place > 0 && (messages[place - 1]?.id ?? '') > message.id) {
    place -= 1;
  }
  return keep > 0 ? messages.toSpliced(place, 0, message).slice(-keep) : [];
}
