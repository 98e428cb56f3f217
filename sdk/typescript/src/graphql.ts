/** GraphQL over HTTP with an API key: history pages, publishing, round trips. */

import { GraphQLError, SubscriberError } from './errors.js';
import { FIELDS } from './protocol.js';
import { later } from './timers.js';
import { type Message, objectOf, parseMessage, type RegionEndpoint } from './types.js';

export const HISTORY = `query History($name: String!, $after: ID, $limit: Int, $nextToken: String) {
  history(name: $name, after: $after, limit: $limit, nextToken: $nextToken) { items { ${FIELDS} } nextToken }
}`;
export const PUBLISH = `mutation Publish($name: String!, $message: String!, $id: ID) {
  publish(name: $name, message: $message, id: $id) { ${FIELDS} publisher }
}`;
export const PING = 'query Ping { __typename }';

/** The API could not be reached, or answered nothing that can be understood. */
export class NoAnswerError extends SubscriberError {
  override name = 'NoAnswerError';
}

export type Fetcher = typeof globalThis.fetch;

/** `timeoutMs` also bounds the body; `signal` abandons the request. */
export interface Request {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** The `data` of the answer; throws GraphQLError (refused) or NoAnswerError (try again). */
export async function execute(
  fetcher: Fetcher,
  endpoint: RegionEndpoint,
  { query, signal, timeoutMs, variables }: Request,
): Promise<Record<string, unknown>> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const cancel = later(timeoutMs, abort);
  signal?.addEventListener('abort', abort);
  let source = endpoint.region;
  let document: Record<string, unknown> | null;
  try {
    const response = await fetcher(endpoint.graphqlUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': endpoint.apiKey },
      body: JSON.stringify({ query, variables }),
      signal: controller.signal,
    });
    source = `${endpoint.region}: HTTP ${response.status}`;
    document = objectOf(await response.json());
  } catch (error) {
    throw new NoAnswerError(`${source}: ${String(error)}`, { cause: error });
  } finally {
    cancel();
    signal?.removeEventListener('abort', abort);
  }
  return dataOf(document, source);
}

function dataOf(document: Record<string, unknown> | null, source: string): Record<string, unknown> {
  const errors = document?.['errors'];
  const failed = errors !== undefined && errors !== null && !(Array.isArray(errors) && !errors.length);
  const first = objectOf(Array.isArray(errors) ? (errors as unknown[])[0] : errors);
  const errorType = first?.['errorType'];
  if (typeof errorType === 'string') {
    const now = objectOf(first?.['errorInfo'])?.['now'];
    const serverMs = typeof now === 'number' ? now : null;
    throw new GraphQLError(errorType, String(first?.['message']), serverMs);
  }
  const data = objectOf(document?.['data']);
  if (failed || data === null) {
    throw new NoAnswerError(`${source}: ${JSON.stringify(document).slice(0, 200)}`);
  }
  return data;
}

export interface Page {
  readonly items: Message[];
  readonly nextToken: string | null;
}

/** The page in a `history` answer; throws NoAnswerError. */
export function pageOf(data: Record<string, unknown>): Page {
  const { items, nextToken } = objectOf(data['history']) ?? {};
  const messages = Array.isArray(items) ? items.map(parseMessage) : [null];
  const complete = messages.filter((message) => message !== null);
  if (complete.length < messages.length) {
    throw new NoAnswerError('history: not a page of complete messages');
  }
  return { items: complete, nextToken: typeof nextToken === 'string' ? nextToken : null };
}
