// Made from graphql/schema.graphql by `npm run codegen`. Do not edit.

/**
 * What subscribers receive. AppSync sends them exactly the fields that the mutation selected: a field
 * added later must be nullable, so that it breaks no publisher.
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
  /** who published it: the user id in the token, or iam: and the role's name; null for an API key */
  readonly publisher: string | null;
}

/** A channel, or a pattern of channels that a rule is about, as the rules have it for the caller. */
export interface Channel {
  readonly name: string;
  /** whether publish and subscribe accept this channel, from callers who meet its levels */
  readonly allowed: boolean;
  /** who may publish: anyone, signed-in, group:NAME or granted; null if no rule says it */
  readonly publish: string | null;
  /** who may subscribe and read the history: as publish */
  readonly subscribe: string | null;
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

/** What `grant` put on the bus: audit records have its id. */
export interface UserGrant {
  readonly id: string;
  readonly user: string;
  readonly channel: string;
  readonly operations: readonly string[];
}

export interface DisconnectedUser {
  readonly user: string;
}

/** One channel; a name that nobody allowed answers allowed: false. */
export interface GetChannelQuery {
  readonly getChannel: Channel | null;
}

export interface GetChannelQueryVariables {
  readonly name: string;
}

/** The rules: the deployment's and those that operators made, by pattern. */
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
  readonly publisher?: string | null;
}

/** Ends this region's subscriptions of a channel, or of all that a pattern covers, and closes their connections. */
export interface UnsubscribeMutation {
  readonly unsubscribe: Channel | null;
}

export interface UnsubscribeMutationVariables {
  readonly name: string;
}

/** Ends a user's subscriptions in this region and closes their connections. */
export interface DisconnectMutation {
  readonly disconnect: DisconnectedUser | null;
}

export interface DisconnectMutationVariables {
  readonly user: string;
}

/**
 * Grants a user operations (publish, subscribe, presence) on a channel or on all that a pattern covers,
 * in every region, in place of an earlier grant for the same pattern; none of them: revokes it. An
 * answer with data means that the bus has durably accepted the grant.
 */
export interface GrantMutation {
  readonly grant: UserGrant | null;
}

export interface GrantMutationVariables {
  readonly user: string;
  readonly channel: string;
  readonly operations: readonly string[];
  readonly reason?: string | null;
}

/**
 * The channel's messages from all regions. Instead of a name, IAM and callers with a grant that covers
 * it may give a pattern, as orders:*, for live messages only.
 */
export interface SubscribeSubscription {
  readonly subscribe: Message | null;
}

export interface SubscribeSubscriptionVariables {
  readonly name: string;
}
