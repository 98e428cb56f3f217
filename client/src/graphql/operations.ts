import type { RegionConfig } from '../config/config';
import { ApiError, execute } from './execute';
import type { Channel, ChannelsQuery, Message, PublishMutation } from './schema';

/** Every operation that this client sends; a test holds them against the schema. */
export const OPERATIONS = {
  channels: 'query Channels { channels { name allowed reason updatedAt } }',
  // Every field of Message: subscribers get what the mutation selects.
  publish: `mutation Publish($name: String!, $message: String!, $id: ID) {
    publish(name: $name, message: $message, id: $id) { id name message publishedAt region }
  }`,
} as const;

export async function fetchChannels(region: RegionConfig): Promise<readonly Channel[]> {
  return (await execute<ChannelsQuery>(region, OPERATIONS.channels)).channels;
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
  if (!published) throw new ApiError('InternalFailure', 'the API did not say what it published');
  return published;
}
