// Made from graphql/schema.graphql by `npm run codegen`. Do not edit.

/** COUNT: something changed in a channel with more than 200 members; ask `occupancy`, not too often. */
export type PresenceAction = 'ENTER' | 'UPDATE' | 'LEAVE' | 'COUNT';

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

/** A connection in a channel, as others see it. */
export interface Member {
  /** the user id in the token, iam: and the role's name, or with an API key anon: and what the client says */
  readonly user: string;
  /** the connection's public id; of one user's several connections each is a member */
  readonly connection: string;
  /** what the member shows of itself */
  readonly data: string | null;
  readonly enteredAt: string;
  /** of one connection's changes, the one with the higher number is the later */
  readonly seq: number;
  /** where the member is connected */
  readonly region: string;
}

/** A page of the members in one region; it may be empty and still have a nextToken. */
export interface MemberPage {
  readonly items: readonly Member[];
  readonly nextToken: string | null;
}

/** How many connections a channel has in one region, counted up to 1,000. */
export interface Occupancy {
  readonly connections: number;
  /** whether there are more than were counted */
  readonly more: boolean;
}

/** A connection's lease: renewed before `expiresAt`, it stays a member of `channels`. */
export interface Lease {
  readonly expiresAt: string;
  readonly channels: readonly string[];
}

/** What changed in a channel's presence; COUNT names nobody. */
export interface PresenceEvent {
  readonly name: string;
  readonly action: PresenceAction;
  readonly user: string | null;
  readonly connection: string | null;
  readonly seq: number | null;
  readonly data: string | null;
  readonly region: string;
  readonly at: string;
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
 * Who is in the channel, of those who are connected to this region, by connection; at most `limit`
 * (100, at most 100) a page. Ask every region. A member whose lease has expired is not shown.
 */
export interface PresenceQuery {
  readonly presence: MemberPage | null;
}

export interface PresenceQueryVariables {
  readonly name: string;
  readonly limit?: number | null;
  readonly nextToken?: string | null;
}

/** How many connections the channel has in this region. Ask every region. */
export interface OccupancyQuery {
  readonly occupancy: Occupancy | null;
}

export interface OccupancyQueryVariables {
  readonly name: string;
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

/**
 * Ends this region's subscriptions of a channel, or of all that a pattern covers, and closes their
 * connections; with `presence`, those of `presenceChanged` instead.
 */
export interface UnsubscribeMutation {
  readonly unsubscribe: Channel | null;
}

export interface UnsubscribeMutationVariables {
  readonly name: string;
  readonly presence?: boolean | null;
}

/**
 * Ends a user's subscriptions in this region and closes their connections; with
 * `presence`, those of `presenceChanged` instead.
 */
export interface DisconnectMutation {
  readonly disconnect: DisconnectedUser | null;
}

export interface DisconnectMutationVariables {
  readonly user: string;
  readonly presence?: boolean | null;
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
 * The connection becomes a member of the channel, or changes its `data` (at most 1 KB) there. The
 * client makes `connection` (a ULID) once for each connection, and `secret` (16 to 128 characters
 * that nobody can guess), and renews its lease with `heartbeat`. With an API key, `client` says who it is.
 */
export interface EnterMutation {
  readonly enter: Member | null;
}

export interface EnterMutationVariables {
  readonly name: string;
  readonly connection: string;
  readonly secret: string;
  readonly data?: string | null;
  readonly client?: string | null;
}

/** Renews the connection's lease, for all its channels: every 30 seconds. */
export interface HeartbeatMutation {
  readonly heartbeat: Lease | null;
}

export interface HeartbeatMutationVariables {
  readonly connection: string;
  readonly secret: string;
}

/** The connection leaves the channel. Null for a connection without a lease. */
export interface LeaveMutation {
  readonly leave: Member | null;
}

export interface LeaveMutationVariables {
  readonly name: string;
  readonly connection: string;
  readonly secret: string;
}

/** Tells every region that a connection has left a channel of this region; for the Sweep function. */
export interface AnnounceLeaveMutation {
  readonly announceLeave: PresenceEvent | null;
}

export interface AnnounceLeaveMutationVariables {
  readonly name: string;
  readonly user: string;
  readonly connection: string;
  readonly seq: number;
}

/** A change of presence, in any region, told here by the Presence function. */
export interface PublishPresenceMutation {
  readonly publishPresence: PresenceEvent | null;
}

export interface PublishPresenceMutationVariables {
  readonly name: string;
  readonly action: PresenceAction;
  readonly user?: string | null;
  readonly connection?: string | null;
  readonly seq?: number | null;
  readonly data?: string | null;
  readonly region: string;
  readonly at: string;
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

/** Who comes into the channel and who leaves it, in every region. */
export interface PresenceChangedSubscription {
  readonly presenceChanged: PresenceEvent | null;
}

export interface PresenceChangedSubscriptionVariables {
  readonly name: string;
}
