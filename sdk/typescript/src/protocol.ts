/** The client's side of AppSync's real-time protocol: text to typed frames and back. No I/O. */

import { type Message, objectOf, parseMessage, type RegionEndpoint } from './types.js';

export const SUBPROTOCOL = 'graphql-ws';
export const FIELDS = 'id name message publishedAt region';
export const SUBSCRIPTION = `subscription Subscribe($name: String!) { subscribe(name: $name) { ${FIELDS} } }`;
/** One subscription a connection. */
const SUBSCRIPTION_ID = '1';

/**
 * What the server says.
 *
 * ack: the conversation is open; without a frame for that long the connection is dead.
 * ka: the connection lives; also stands for frames that say nothing else to us.
 * data: a message, or null where the publisher did not select all of its fields.
 * error: the connection, the start, or (`general`) nothing in particular failed.
 */
export type Frame =
  | { readonly type: 'ack'; readonly timeoutMs: number | null }
  | { readonly type: 'ka' }
  | { readonly type: 'start-ack' }
  | { readonly type: 'data'; readonly message: Message | null }
  | { readonly type: 'complete' }
  | {
      readonly type: 'error';
      readonly errorType: string;
      readonly message: string;
      readonly general: boolean;
    };

function errorFrame(payload: unknown, general: boolean): Frame {
  const errors = objectOf(payload)?.['errors'];
  // AppSync sends an object in place of a list for MaxSubscriptionsReachedError.
  const first = objectOf(Array.isArray(errors) ? (errors as unknown[])[0] : errors);
  const errorType = textOf(first?.['errorType'] ?? 'UnknownError');
  const message = first === null ? JSON.stringify(payload ?? null) : first['message'];
  return { type: 'error', errorType, message: textOf(message ?? errorType), general };
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
  const { id, payload, type } = document;
  if (id !== undefined && id !== SUBSCRIPTION_ID) {
    return { type: 'ka' };
  }
  switch (type) {
    case 'connection_ack': {
      const timeout = objectOf(payload)?.['connectionTimeoutMs'];
      return { type: 'ack', timeoutMs: typeof timeout === 'number' && timeout > 0 ? timeout : null };
    }
    case 'start_ack':
      return { type: 'start-ack' };
    case 'data': {
      const data = objectOf(objectOf(payload)?.['data']);
      return { type: 'data', message: parseMessage(data?.['subscribe']) };
    }
    case 'complete':
      return { type: 'complete' };
    case 'connection_error':
      return errorFrame(payload, false);
    case 'error':
      return errorFrame(payload, id === undefined);
    default:
      // `ka`, and whatever AppSync may add: at least the connection lives.
      return { type: 'ka' };
  }
}

function authorization(endpoint: RegionEndpoint): Record<string, string> {
  return { host: new URL(endpoint.graphqlUrl).host, 'x-api-key': endpoint.apiKey };
}

/** The subprotocols to connect with: the protocol's name, and the authorization. */
export function subprotocols(endpoint: RegionEndpoint): [string, string] {
  const header = btoa(JSON.stringify(authorization(endpoint)));
  const urlSafe = header.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  return [SUBPROTOCOL, `header-${urlSafe}`];
}

/** Client: opens the conversation. */
export const INIT_TEXT = '{"type":"connection_init"}';

/** Client: unsubscribe. */
export const STOP_TEXT = JSON.stringify({ id: SUBSCRIPTION_ID, type: 'stop' });

/** Client: subscribe to a channel. */
export function startText(endpoint: RegionEndpoint, channel: string): string {
  const data = JSON.stringify({ query: SUBSCRIPTION, variables: { name: channel } });
  const extensions = { authorization: authorization(endpoint) };
  return JSON.stringify({ id: SUBSCRIPTION_ID, type: 'start', payload: { data, extensions } });
}
