/** Every GraphQL document that the SDK sends, and how its answers are read. */

import { NoAnswerError } from './graphql.js';
import type { PageAnswer, PageQuery } from './signals.js';
import { type Message, objectOf, parseMessage } from './types.js';

export const FIELDS = 'id name message publishedAt region publisher';
export const SUBSCRIBE = `subscription Subscribe($name: String!) { subscribe(name: $name) { ${FIELDS} } }`;
export const PUBLISH = `mutation Publish($name: String!, $message: String!, $id: ID) {
  publish(name: $name, message: $message, id: $id) { ${FIELDS} }
}`;
export const PING = 'query Ping { __typename }';
const CHANNEL_FIELDS = 'name allowed publish subscribe reason updatedAt';
export const CHANNELS = `query Channels { channels { ${CHANNEL_FIELDS} } }`;
export const CHANNEL = `query Channel($name: String!) { getChannel(name: $name) { ${CHANNEL_FIELDS} } }`;

/** A channel, or a pattern of channels that a rule is about, as the rules have it for the caller. */
export interface ChannelInfo {
  readonly name: string;
  /** Whether publish and subscribe accept this channel, from callers who meet its levels. */
  readonly allowed: boolean;
  /** Who may publish: anyone, signed-in, group:NAME or granted; null if no rule says it. */
  readonly publish: string | null;
  /** Who may subscribe and read the history, likewise. */
  readonly subscribe: string | null;
  /** Why, if an operator decided it. */
  readonly reason: string | null;
  /** When an operator decided it, ISO 8601. */
  readonly updatedAt: string | null;
}

/**
 * A page of a channel's stored messages, newest first; it may be empty and still have a `nextToken`,
 * which brings those before.
 */
export interface Page {
  readonly messages: readonly Message[];
  readonly nextToken: string | null;
}

/** A page as the API has it, in the order of the question. */
export interface StoredPage {
  readonly items: readonly Message[];
  readonly nextToken: string | null;
}

export interface Operation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** The document that was made last: after an interruption all of them are the same. */
let made = { shape: '', query: '' };

/** One query with a page of each channel, under the aliases h0, h1 and so on. */
export function historyOperation(pages: readonly PageQuery[]): Operation {
  const shape = pages.map(({ after }) => (after === null ? 'l' : 'a')).join('');
  if (made.shape !== shape) {
    made = { shape, query: historyQuery(shape) };
  }
  const variables: Record<string, unknown> = {};
  for (const [place, { after, channel, limit, nextToken }] of pages.entries()) {
    variables[`n${place}`] = channel;
    variables[`l${place}`] = limit;
    variables[`t${place}`] = nextToken;
    if (after !== null) {
      variables[`a${place}`] = after;
    }
  }
  return { query: made.query, variables };
}

/** `shape` has a character for each page: `a` after an id, `l` the last ones. */
function historyQuery(shape: string): string {
  const declared: string[] = [];
  const fields = Array.from(shape, (kind, place) => {
    declared.push(`$n${place}: String!, $l${place}: Int, $t${place}: String`);
    let which = `last: $l${place}`;
    if (kind === 'a') {
      declared.push(`$a${place}: ID`);
      which = `after: $a${place}, limit: $l${place}`;
    }
    return `  h${place}: history(name: $n${place}, ${which}, nextToken: $t${place}) { items { ${FIELDS} } nextToken }`;
  });
  return `query History(${declared.join(', ')}) {\n${fields.join('\n')}\n}`;
}

/** A page in an answer; throws NoAnswerError. */
export function pageOf(value: unknown): StoredPage {
  const { items, nextToken } = objectOf(value) ?? {};
  const messages = Array.isArray(items) ? items.map(parseMessage) : [null];
  const complete = messages.filter((message) => message !== null);
  if (complete.length < messages.length) {
    throw new NoAnswerError('history: not a page of complete messages');
  }
  return { items: complete, nextToken: typeof nextToken === 'string' ? nextToken : null };
}

/** The pages in an answer with data. */
export function pagesOf(data: Record<string, unknown>, count: number): PageAnswer[] {
  return Array.from({ length: count }, (_, place) => {
    try {
      return pageOf(data[`h${place}`]);
    } catch (error) {
      return { errorType: null, message: String(error) };
    }
  });
}

/** A channel in an answer, or null. */
export function channelOf(value: unknown): ChannelInfo | null {
  const { allowed, name, publish, reason, subscribe, updatedAt } = objectOf(value) ?? {};
  if (typeof name !== 'string') {
    return null;
  }
  return {
    name,
    allowed: allowed === true,
    publish: textOf(publish),
    subscribe: textOf(subscribe),
    reason: textOf(reason),
    updatedAt: textOf(updatedAt),
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
