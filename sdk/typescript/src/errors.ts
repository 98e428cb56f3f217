/** The errors that users of this package see, and what a client does about the API's error types. */

import { THEN, type Then } from './errorTypes.js';

/** The deployment stores no messages. */
export const NO_HISTORY = 'HistoryDisabled';

/** What a client does about an `errorType`; one that the table does not have is retried. */
export function then(errorType: string | null): Then {
  return THEN[errorType ?? ''] ?? 'retry';
}

/** Whether the same call will be refused again, in every region. */
export function isFinal(errorType: string | null): boolean {
  return then(errorType) === 'final';
}

/** Base of this package's errors. */
export class SubscriberError extends Error {
  override name = 'SubscriberError';
}

/** The consumer read too slowly, and the deployment stores no messages to catch up from. */
export class BufferOverflowError extends SubscriberError {
  override name = 'BufferOverflowError';
}

/**
 * The API answered with an error; `errorType` is its type. `serverMs`: what the API's clock said,
 * milliseconds since 1970, where it refused an id by it.
 */
export class GraphQLError extends SubscriberError {
  override name = 'GraphQLError';

  readonly errorType: string;
  readonly reason: string;
  readonly serverMs: number | null;

  constructor(
    errorType: string,
    reason: string,
    serverMs: number | null = null,
  ) {
    super(`${errorType}: ${reason}`);
    this.errorType = errorType;
    this.reason = reason;
    this.serverMs = serverMs;
  }
}

/** The API refused the message: publishing it again would change nothing. */
export class PublishRefusedError extends GraphQLError {
  override name = 'PublishRefusedError';
}

/** No region acknowledged the message. It may have been accepted: retry with the same `id`. */
export class PublishFailedError extends SubscriberError {
  override name = 'PublishFailedError';

  readonly id: string;
  readonly reason: string;

  constructor(
    id: string,
    reason: string,
  ) {
    super(`message ${id} was not acknowledged by any region: ${reason}`);
    this.id = id;
    this.reason = reason;
  }
}
