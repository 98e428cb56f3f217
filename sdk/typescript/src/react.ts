/** Channels in React: a provider of the client, a hook for a channel, and one for who is in it. */

import { createContext, createElement, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react';

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
  /** See Client.publish. */
  readonly publish: (text: string, options?: PublishOptions) => Promise<Message>;
}

interface Seen {
  readonly messages: readonly Message[];
  readonly state: StateEvent | null;
  readonly error: Error | null;
}

const NOTHING: Seen = { messages: [], state: null, error: null };

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
            ? { ...before, state: event }
            : { ...before, messages: inserted(before.messages, event.message, keep) },
        );
      }
    };
    run().catch((error: unknown) => {
      if (!signal.aborted) {
        const known = error instanceof Error ? error : new Error(String(error));
        setSeen((before) => ({ ...before, error: known }));
      }
    });
    return () => {
      controller.abort();
      setSeen(NOTHING);
    };
  }, [client, channel, rewind, keep]);

  return useMemo(
    () => ({
      ...seen,
      publish: (text: string, more?: PublishOptions) => client.publish(channel, text, more),
    }),
    [client, channel, seen],
  );
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
}

const NOBODY: UsePresence = { members: [], count: null, state: null };

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
    const opened = client.presence(channel, { data: latest.current, enter, signal });
    presence.current = opened;
    const show = (): void => {
      if (!signal.aborted) {
        const { count, members, state } = opened;
        setSeen({ members, count, state });
      }
    };
    opened.onState(show);
    const run = async (): Promise<void> => {
      while ((await opened.next()).done !== true) {
        show();
      }
    };
    // The state says what was refused.
    run().catch(show);
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

  return seen;
}

/** The list with the message at its place; nearly always that is the end. */
function inserted(messages: readonly Message[], message: Message, keep: number): Message[] {
  let place = messages.length;
  while (place > 0 && (messages[place - 1]?.id ?? '') > message.id) {
    place -= 1;
  }
  return messages.toSpliced(place, 0, message).slice(-keep);
}
