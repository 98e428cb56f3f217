/** The errors that users of this package see, and which of the API's error types are final. */

/** What asking again would not change: `errorType`s of the resolvers, then AppSync's own. */
export const REFUSALS: ReadonlySet<string> = new Set([
  'ChannelNotAllowed',
  'InvalidChannelName',
  'InvalidLimit',
  'InvalidMessageId',
  'InvalidNextToken',
  'Unauthorized',
  'UnauthorizedException',
  'BadRequestException',
  'MalformedHttpRequestException',
  'ValidationError',
]);

const PUBLISH_REFUSALS: ReadonlySet<string> = new Set([
  ...REFUSALS,
  'MessageTooLarge',
  'EmptyMessage',
  'InvalidMessage',
  'IncompleteSelection',
]);

/** Whether asking again, now or later, would change nothing about an API's refusal. */
export function isFinal(errorType: string): boolean {
  return PUBLISH_REFUSALS.has(errorType);
}

/** `history` cannot be read at all: switched off, or an API that does not have it yet. */
export const NO_HISTORY: ReadonlySet<string> = new Set(['HistoryDisabled', 'ValidationError']);

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
