/** Channels of GlobalWS: publish, subscribe without gaps, read history, in any number of regions. */

export { ApiKey, apiKey, type Auth, type AuthRequest, Token, token, TokenError } from './auth.js';
export { Client } from './client.js';
export type {
  AskOptions,
  ClientOptions,
  ClientState,
  HistoryOptions,
  SubscribeOptions,
} from './clientOptions.js';
export { ConfigError, regionsOf } from './config.js';
export {
  BufferOverflowError,
  ClientError,
  GraphQLError,
  isFinal,
  PublishFailedError,
  RefusedError,
} from './errors.js';
export { NoAnswerError } from './graphql.js';
export type { ChannelInfo, Page } from './operations.js';
export type { Beginning, Tuning } from './options.js';
export { DEFAULTS } from './options.js';
export type { Presence, PresenceChange, PresenceOptions } from './presence.js';
export type { Occupancy } from './presenceOperations.js';
export type { PublishOptions } from './publish.js';
export type { PresenceConnection, PresenceMember } from './roster.js';
export type { Subscription } from './subscription.js';
export type { Socket, SocketConstructor } from './transport.js';
export type {
  Checkpoint,
  Message,
  MessageEvent,
  RegionEndpoint,
  State,
  StateEvent,
  SubscriptionEvent,
} from './types.js';
