/** The GraphQL documents of presence, and how what they bring is read. */

import { NoAnswerError } from './graphql.js';
import type { Listed, PresenceEvent } from './roster.js';
import { objectOf } from './types.js';

const MEMBER = 'user connection data enteredAt seq region';
export const PRESENCE_CHANGED = `subscription PresenceChanged($name: String!) {
  presenceChanged(name: $name) { name action user connection seq data region at }
}`;
export const MEMBERS = `query Members($name: String!, $nextToken: String) {
  presence(name: $name, limit: 100, nextToken: $nextToken) { items { ${MEMBER} } nextToken }
}`;
export const OCCUPANCY = 'query Occupancy($name: String!) { occupancy(name: $name) { connections more } }';
export const ENTER = `mutation Enter($name: String!, $connection: ID!, $secret: String!, $data: String, $client: ID) {
  enter(name: $name, connection: $connection, secret: $secret, data: $data, client: $client) { ${MEMBER} }
}`;
export const HEARTBEAT = `mutation Heartbeat($connection: ID!, $secret: String!) {
  heartbeat(connection: $connection, secret: $secret) { expiresAt channels }
}`;
export const LEAVE = `mutation Leave($name: String!, $connection: ID!, $secret: String!) {
  leave(name: $name, connection: $connection, secret: $secret) { ${MEMBER} }
}`;

/** How many connections there are; `more`: at least so many. */
export interface Occupancy {
  readonly connections: number;
  readonly more: boolean;
}

function listed(fields: Record<string, unknown>, enteredAt: unknown): Listed | null {
  const { connection, data, region, seq, user } = fields;
  if (
    typeof user !== 'string' ||
    typeof connection !== 'string' ||
    typeof seq !== 'number' ||
    typeof region !== 'string' ||
    typeof enteredAt !== 'string'
  ) {
    return null;
  }
  return { user, connection, data: typeof data === 'string' ? data : null, enteredAt, seq, region };
}

/** The change in a decoded JSON value, or null if it is no complete one. */
export function parsePresenceEvent(value: unknown): PresenceEvent | null {
  const fields = objectOf(value) ?? {};
  const { action, at, region } = fields;
  if (action === 'COUNT' && typeof region === 'string') {
    return { action, region };
  }
  const change = listed(fields, at);
  if (change === null || !(action === 'ENTER' || action === 'UPDATE' || action === 'LEAVE')) {
    return null;
  }
  return { ...change, action };
}

/** A page of members in an answer; throws NoAnswerError. */
export function membersOf({ presence }: Record<string, unknown>): {
  readonly items: readonly Listed[];
  readonly nextToken: string | null;
} {
  const { items, nextToken } = objectOf(presence) ?? {};
  const parsed = Array.isArray(items)
    ? items.map((item) => {
        const fields = objectOf(item) ?? {};
        return listed(fields, fields['enteredAt']);
      })
    : [null];
  const complete = parsed.filter((each) => each !== null);
  if (complete.length < parsed.length) {
    throw new NoAnswerError('presence: not a page of complete members');
  }
  return { items: complete, nextToken: typeof nextToken === 'string' ? nextToken : null };
}

/** The occupancy in an answer; throws NoAnswerError. */
export function occupancyOf({ occupancy }: Record<string, unknown>): Occupancy {
  const { connections, more } = objectOf(occupancy) ?? {};
  if (typeof connections !== 'number') {
    throw new NoAnswerError('occupancy: not a number of connections');
  }
  return { connections, more: more === true };
}

/** The channels of a lease, in the answer to a heartbeat; throws NoAnswerError. */
export function leasedOf({ heartbeat }: Record<string, unknown>): ReadonlySet<unknown> {
  const channels = objectOf(heartbeat)?.['channels'];
  if (!Array.isArray(channels)) {
    throw new NoAnswerError('heartbeat: no list of channels');
  }
  return new Set<unknown>(channels);
}
