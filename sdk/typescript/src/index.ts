/** A subscriber that loses nothing and gets nothing twice, over any number of regions. */

export {
  BufferOverflowError,
  GraphQLError,
  isFinal,
  PublishFailedError,
  PublishRefusedError,
  SubscriberError,
} from './errors.js';
export { nearestFirst, roundTripMs } from './nearest.js';
export type { Beginning, Tuning } from './options.js';
export { DEFAULTS } from './options.js';
export { publish, type PublishOptions } from './publish.js';
export { subscribe, type SubscribeOptions, type Subscription } from './subscribe.js';
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
