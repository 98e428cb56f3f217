import type { RegionConfig } from '../config/config';
import { ApiError, execute } from './execute';
import { ulidAt } from '../lib/ulid';
import type {
  Channel,
  ChannelsQuery,
  GetChannelQuery,
  HistoryQuery,
  Message,
  PublishMutation,
} from './schema';

/** Every operation that this client sends; a test holds them against the schema. */
export const OPERATIONS = {
  channels: 'query Channels { channels { name allowed reason updatedAt } }',
  channel: 'query Channel($name: String!) { getChannel(name: $name) { name allowed reason updatedAt } }',
  history: `query History($name: String!, $after: ID) {
    history(name: $name, after: $after, limit: 50) { items { id name message publishedAt region publisher } nextToken }
  }`,
  // Every field of Message: subscribers get what the mutation selects.
  publish: `mutation Publish($name: String!, $message: String!, $id: ID) {
    publish(name: $name, message: $message, id: $id) { id name message publishedAt region publisher }
  }`,
} as const;

export async function fetchChannels(region: RegionConfig): Promise<readonly Channel[]> {
  return (await execute<ChannelsQuery>(region, OPERATIONS.channels)).channels;
}

export async function fetchChannel(region: RegionConfig, name: string): Promise<Channel> {
  const { getChannel } = await execute<GetChannelQuery>(region, OPERATIONS.channel, { name });
  const closed = { name, allowed: false, publish: null, subscribe: null, reason: null, updatedAt: null };
  return getChannel ?? closed;
}

/** How many messages are stored of those published since then (epoch milliseconds), 50 at most. */
export async function countMessages(
  region: RegionConfig,
  name: string,
  since: number,
): Promise<number> {
  const variables = { name, after: ulidAt(since) };
  const { history } = await execute<HistoryQuery>(region, OPERATIONS.history, variables);
  return history.items.length;
}

/** Publishes; the same id may be sent again after an error. */
export async function publish(
  region: RegionConfig,
  message: { readonly name: string; readonly message: string; readonly id: string },
): Promise<Message> {
  const { publish: published } = await execute<PublishMutation>(
    region,
    OPERATIONS.publish,
    message,
  );
  const { id, message: text, name } = message;
  if (published?.id !== id || published.name !== name || published.message !== text) {
    throw new ApiError('InternalFailure', 'the API did not say that it published this message');
  }
  return published;
}
