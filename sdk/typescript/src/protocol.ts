/** The client's side of AppSync's real-time protocol: text to typed frames and back. No I/O. */

import { parsePresenceEvent } from './presenceOperations.js';
import type { PresenceEvent } from './roster.js';
import { type Message, objectOf, parseMessage } from './types.js';

export const SUBPROTOCOL = 'graphql-ws';

/**
 * What the server says; `id` is the subscription's.
 *
 * ack: the conversation is open; without a frame for that long the connection is dead.
 * ka: the connection lives; also for frames that say nothing else to us.
 * data: a message, or null where the publisher did not select all of its fields.
 * presence: a change of who is in the channel, or null likewise.
 * error: the subscription failed, or (`id` null) the connection.
 */
export type Frame =
  | { readonly type: 'ack'; readonly timeoutMs: number | null }
  | { readonly type: 'ka' }
  | { readonly type: 'start-ack'; readonly id: string }
  | { readonly type: 'data'; readonly id: string; readonly message: Message | null }
  | { readonly type: 'presence'; readonly id: string; readonly event: PresenceEvent | null }
  | { readonly type: 'complete'; readonly id: string }
  | {
      readonly type: 'error';
      readonly id: string | null;
      readonly errorType: string;
      readonly message: string;
    };

function errorFrame(payload: unknown, id: string | null): Frame {
  const errors = objectOf(payload)?.['errors'];
  // AppSync sends an object in place of a list for MaxSubscriptionsReachedError.
  const first = objectOf(Array.isArray(errors) ? (errors as unknown[])[0] : errors);
  const errorType = textOf(first?.['errorType'] ?? 'UnknownError');
  const message = first === null ? JSON.stringify(payload ?? null) : first['message'];
  return { type: 'error', id, errorType, message: textOf(message ?? errorType) };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The frame in a text from the server; null if it is not of the protocol. */
export function decode(text: string): Frame | null {
  let document: Record<string, unknown> | null;
  try {
    document = objectOf(JSON.parse(text));
  } catch {
    return null;
  }
  if (document === null) {
    return null;
  }
  const { id: given, payload, type } = document;
  const id = typeof given === 'string' ? given : null;
  switch (type) {
    case 'connection_ack': {
      const timeout = objectOf(payload)?.['connectionTimeoutMs'];
      return { type: 'ack', timeoutMs: typeof timeout === 'number' && timeout > 0 ? timeout : null };
    }
    case 'connection_error':
      return errorFrame(payload, null);
    case 'error':
      return errorFrame(payload, id);
  }
  if (id !== null) {
    switch (type) {
      case 'start_ack':
        return { type: 'start-ack', id };
      case 'data': {
        const data = objectOf(objectOf(payload)?.['data']);
        if (data !== null && 'presenceChanged' in data) {
          return { type: 'presence', id, event: parsePresenceEvent(data['presenceChanged']) };
        }
        return { type: 'data', id, message: parseMessage(data?.['subscribe']) };
      }
      case 'complete':
        return { type: 'complete', id };
    }
  }
  // `ka`, and whatever AppSync may add: at least the connection lives.
  return { type: 'ka' };
}

/** The subprotocols to connect with: the protocol's name, and the authorization: the API's host, and headers that show who asks. */
export function subprotocols(shown: Readonly<Record<string, string>>): [string, string] {
  const bytes = new TextEncoder().encode(JSON.stringify(shown));
  const header = btoa(String.fromCharCode(...bytes));
  const urlSafe = header.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  return [SUBPROTOCOL, `header-${urlSafe}`];
}

/** Client: opens the conversation. */
export const INIT_TEXT = '{"type":"connection_init"}';

/** Client: unsubscribe. */
export function stopText(id: string): string {
  return JSON.stringify({ id, type: 'stop' });
}

/** Client: subscribe; `data` is the operation as JSON, as it was authorized. */
export function startText(
  id: string,
  data: string,
  shown: Readonly<Record<string, string>>,
): string {
  const extensions = { authorization: shown };
  return JSON.stringify({ id, type: 'start', payload: { data, extensions } });
}
