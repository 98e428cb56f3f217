/** The errors that users of this package see, and what a client does about the API's error types. */

import { THEN, type Then } from './errorTypes.js';

/** The deployment stores no messages. */
export const NO_HISTORY = 'HistoryDisabled';

/** What a client does about an `errorType`; one that the table does not have is retried. */
export function whatNext(errorType: string | null): Then {
  return THEN[errorType ?? ''] ?? 'retry';
}

/** Whether the same call will be refused again, in every region. */
export function isFinal(errorType: string | null): boolean {
  return whatNext(errorType) === 'final';
}

/** Whether the API did not accept who asks: other credentials may help. */
export function isUnauthorized(errorType: string | null): boolean {
  return errorType?.startsWith('Unauthorized') === true;
}

/** Base of this package's errors. */
export class ClientError extends Error {
  override name = 'ClientError';
}

/** The consumer read too slowly, and the deployment stores no messages to catch up from. */
export class BufferOverflowError extends ClientError {
  override name = 'BufferOverflowError';
}

/**
 * The API answered with an error; `errorType` is its type. `serverMs`: what the API's clock said,
 * milliseconds since 1970, where it refused an id by it. `byField`: each field's own error, by alias.
 */
export class GraphQLError extends ClientError {
  override name = 'GraphQLError';

  readonly errorType: string;
  readonly reason: string;
  readonly serverMs: number | null;
  readonly byField: Readonly<Record<string, { readonly errorType: string; readonly message: string }>>;

  constructor(
    errorType: string,
    reason: string,
    serverMs: number | null = null,
    byField: GraphQLError['byField'] = {},
  ) {
    super(`${errorType}: ${reason}`);
    this.errorType = errorType;
    this.reason = reason;
    this.serverMs = serverMs;
    this.byField = byField;
  }
}

/** The API refused the message: publishing it again would change nothing. */
export class RefusedError extends GraphQLError {
  override name = 'RefusedError';
}

/**
 * No region acknowledged the message. It may have been accepted: retry with the same `id`.
 * `errorType`: the last answer's, or null if the last region did not answer.
 */
export class PublishFailedError extends ClientError {
  override name = 'PublishFailedError';

  readonly id: string;
  readonly reason: string;
  readonly errorType: string | null;

  constructor(id: string, reason: string, errorType: string | null) {
    super(`message ${id} was not acknowledged by any region: ${reason}`);
    this.id = id;
    this.reason = reason;
    this.errorType = errorType;
  }
}
