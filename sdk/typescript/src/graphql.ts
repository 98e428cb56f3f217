/** GraphQL over HTTP: one operation, authorized, with the errors that it can have. */

import type { Auth } from './auth.js';
import { ClientError, GraphQLError, isUnauthorized } from './errors.js';
import { inTime, later } from './timers.js';
import { objectOf, type RegionEndpoint } from './types.js';

/** The API could not be reached, or answered nothing that can be understood. */
export class NoAnswerError extends ClientError {
  override name = 'NoAnswerError';
}

export type Fetcher = typeof globalThis.fetch;

/** Who asks, and how. */
export interface Caller {
  readonly auth: Auth;
  readonly fetch: Fetcher;
}

/** `timeoutMs` bounds the answer with its body, and before it the wait for credentials; `signal` abandons the request; with `keepalive` it outlives the page. */
export interface Request {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly keepalive?: boolean | undefined;
}

/**
 * The `data` of the answer; throws GraphQLError (an error of the API) or NoAnswerError (try again),
 * and `signal.reason` once that is aborted. Credentials that are refused are renewed, once.
 */
export async function execute(
  caller: Caller,
  endpoint: RegionEndpoint,
  request: Request,
): Promise<Record<string, unknown>> {
  const { auth } = caller;
  const body = JSON.stringify({ query: request.query, variables: request.variables });
  const asked = { endpoint, url: endpoint.graphqlUrl, body };
  const headers = await headersOf(auth, asked, request);
  try {
    return await post(caller, endpoint, { ...request, body, headers });
  } catch (error) {
    if (!(error instanceof GraphQLError && isUnauthorized(error.errorType) && auth.renewable)) {
      throw error;
    }
  }
  auth.refused(headers);
  return post(caller, endpoint, { ...request, body, headers: await headersOf(auth, asked, request) });
}

async function headersOf(
  auth: Auth,
  asked: Parameters<Auth['headers']>[0],
  { signal, timeoutMs }: Request,
): Promise<Readonly<Record<string, string>>> {
  signal?.throwIfAborted();
  try {
    return await inTime(auth.headers(asked), timeoutMs, signal);
  } catch (error) {
    signal?.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new NoAnswerError(`${asked.endpoint.region}: ${reason}`, { cause: error });
  }
}

interface Post extends Request {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

async function post(
  caller: Caller,
  endpoint: RegionEndpoint,
  { body, headers, keepalive = false, signal, timeoutMs }: Post,
): Promise<Record<string, unknown>> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const cancel = later(timeoutMs, abort);
  signal?.addEventListener('abort', abort);
  let source = endpoint.region;
  let document: Record<string, unknown> | null;
  try {
    const response = await caller.fetch(endpoint.graphqlUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      keepalive,
      signal: controller.signal,
    });
    source = `${endpoint.region}: HTTP ${response.status}`;
    document = objectOf(await response.json());
  } catch (error) {
    signal?.throwIfAborted();
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
  const all = (Array.isArray(errors) ? (errors as unknown[]) : [errors]).map(objectOf);
  const [first = null] = all;
  const errorType = first?.['errorType'];
  if (typeof errorType === 'string') {
    const now = objectOf(first?.['errorInfo'])?.['now'];
    const serverMs = typeof now === 'number' ? now : null;
    const byAlias: Record<string, GraphQLError['byField'][string]> = {};
    for (const error of all) {
      const path = error?.['path'];
      const [alias] = Array.isArray(path) ? (path as unknown[]) : [];
      const { errorType: type, message } = error ?? {};
      if (typeof alias === 'string' && typeof type === 'string') {
        byAlias[alias] = { errorType: type, message: String(message) };
      }
    }
    throw new GraphQLError(errorType, String(first?.['message']), serverMs, byAlias);
  }
  const data = objectOf(document?.['data']);
  if (failed || data === null) {
    throw new NoAnswerError(`${source}: ${JSON.stringify(document).slice(0, 200)}`);
  }
  return data;
}
