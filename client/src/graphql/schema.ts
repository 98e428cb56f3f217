// Made from graphql/schema.graphql by `npm run codegen`. Do not edit.

/**
 * What subscribers receive. Every field is non-null, and AppSync sends subscribers exactly the fields
 * that the mutation selected: a field added later must be nullable, so that it breaks no publisher.
 */
export interface Message {
  /** ULID, made by the API unless the publisher sends its own */
  readonly id: string;
  /** the channel */
  readonly name: string;
  /** the text, exactly as published */
  readonly message: string;
  /** when the origin region accepted it */
  readonly publishedAt: string;
  /** the origin region */
  readonly region: string;
}

export interface Channel {
  readonly name: string;
  /** whether publish and subscribe accept this channel */
  readonly allowed: boolean;
  /** why, if an operator decided it */
  readonly reason: string | null;
  /** when an operator decided it */
  readonly updatedAt: string | null;
}

/** A page of a channel's stored messages; it may be empty and still have a nextToken. */
export interface MessagePage {
  readonly items: readonly Message[];
  readonly nextToken: string | null;
}

/** One channel; a name that nobody allowed answers allowed: false. */
export interface GetChannelQuery {
  readonly getChannel: Channel | null;
}

export interface GetChannelQueryVariables {
  readonly name: string;
}

/** The deployment's channels and those that operators decided on (at most 1,000), by name. */
export interface ChannelsQuery {
  readonly channels: readonly Channel[];
}

/**
 * The channel's stored messages whose id is greater than `after`, by id, oldest first; at most
 * `limit` (100, at most 200) a page. Messages of other regions may arrive after younger ones: who
 * resumes asks from a little before the last message seen, and drops the ids it knows.
 * `last` (at most 200) reads from the newest message back, newest first, without `after` and `limit`;
 * nextToken then leads to older messages.
 */
export interface HistoryQuery {
  readonly history: MessagePage;
}

export interface HistoryQueryVariables {
  readonly name: string;
  readonly after?: string | null;
  readonly limit?: number | null;
  readonly last?: number | null;
  readonly nextToken?: string | null;
}

/**
 * Publishes to the channel's subscribers in every region. Select all fields of Message.
 * An answer with data means that the bus has durably accepted the message; after an error,
 * retry with the same id. An id's time may be 5 minutes ahead and 24 hours ago (or as long ago as
 * messages are stored).
 */
export interface PublishMutation {
  readonly publish: Message | null;
}

export interface PublishMutationVariables {
  readonly name: string;
  readonly message: string;
  readonly id?: string | null;
}

/** A message from another region, replayed here by the Replay function. */
export interface PublishFromBusMutation {
  readonly publishFromBus: Message | null;
}

export interface PublishFromBusMutationVariables {
  readonly id: string;
  readonly name: string;
  readonly message: string;
  readonly publishedAt: string;
  readonly region: string;
}

/** Ends the channel's subscriptions in this region and closes their connections. */
export interface UnsubscribeMutation {
  readonly unsubscribe: Channel | null;
}

export interface UnsubscribeMutationVariables {
  readonly name: string;
}

/** The channel's messages from all regions. */
export interface SubscribeSubscription {
  readonly subscribe: Message | null;
}

export interface SubscribeSubscriptionVariables {
  readonly name: string;
}
