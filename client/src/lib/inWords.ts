import { GraphQLError, NoAnswerError, PublishFailedError } from '@globalws/client';

/** What the API's errors mean to someone who only wants to read and write. */
const WORDS: Readonly<Record<string, string>> = {
  ChannelBlocked: 'this channel is not open',
  ChannelNotAllowed: 'this channel is not open',
  UserBlocked: 'you are blocked',
  InvalidChannelName: 'there is no channel of this name',
  EmptyMessage: 'there is nothing to send',
  MessageTooLarge: 'the message is too long: 200 KB is the most',
  InvalidMessage: 'the message holds characters that cannot be sent',
  Unauthorized: 'this page may not do that any more: load it again',
  BusUnavailable: 'the service is busy: try again in a moment',
  RegistryUnavailable: 'the service is busy: try again in a moment',
  StoreUnavailable: 'the service is busy: try again in a moment',
  InternalFailure: 'the service is busy: try again in a moment',
  ThrottlingException: 'too much is sent at the moment: try again',
  TooManyRequestsException: 'too much is sent at the moment: try again',
};
const UNREACHABLE = 'the service does not answer: try again';

/** An error of the API in a visitor's words; what has none keeps its own. */
export function inWords(type: string, message: string): string {
  return WORDS[type] ?? message;
}

/** The same for whatever was thrown. */
export function errorInWords(error: unknown): string {
  if (error instanceof GraphQLError) return inWords(error.errorType, error.reason);
  if (error instanceof PublishFailedError) {
    return error.errorType === null ? UNREACHABLE : inWords(error.errorType, error.reason);
  }
  if (error instanceof NoAnswerError) return UNREACHABLE;
  return error instanceof Error ? error.message : String(error);
}
