/**
 * Publishing with retries that make no doubles: every attempt carries the same id. Only an id that
 * the API refuses, because this machine's clock is wrong, is replaced once.
 */

import { GraphQLError, isFinal, PublishFailedError, PublishRefusedError } from './errors.js';
import { execute, type Fetcher, NoAnswerError, PUBLISH } from './graphql.js';
import { checked } from './options.js';
import { later, part } from './timers.js';
import { type Message, parseMessage, type RegionEndpoint } from './types.js';
import { newUlid } from './ulid.js';

/** Times in milliseconds. */
export interface PublishOptions {
  /** In order of preference. */
  readonly regions: readonly RegionEndpoint[];
  /** A ULID, to continue an earlier attempt; by default a new one. */
  readonly id?: string;
  /** In a region, before the next one (2). */
  readonly attempts?: number;
  /** Through all regions (2). */
  readonly rounds?: number;
  /** Of one attempt (10,000). */
  readonly timeoutMs?: number;
  readonly backoffBaseMs?: number;
  readonly backoffCapMs?: number;
  readonly fetch?: Fetcher;
  readonly random?: () => number;
  /** This machine's clock, milliseconds since 1970. */
  readonly wall?: () => number;
}

const DEFAULTS = {
  attempts: 2,
  rounds: 2,
  timeoutMs: 10_000,
  backoffBaseMs: 200,
  backoffCapMs: 5_000,
};
const LEAST = { attempts: 1, rounds: 1, timeoutMs: 1, backoffBaseMs: 0, backoffCapMs: 0 };

async function attempt(
  endpoint: RegionEndpoint,
  fetcher: Fetcher,
  timeoutMs: number,
  variables: Readonly<Record<'name' | 'message' | 'id', string>>,
): Promise<Message> {
  const { id, message: text, name } = variables;
  const data = await execute(fetcher, endpoint, { query: PUBLISH, variables, timeoutMs });
  const message = parseMessage(data['publish']);
  if (message?.id !== id || message.name !== name || message.message !== text) {
    throw new NoAnswerError(`${endpoint.region}: the answer is not the message that was sent`);
  }
  return message;
}

/**
 * Publish to a channel and return the message as the API accepted it.
 *
 * Throws PublishRefusedError if the API refuses it, now and later (half a surrogate pair is not
 * sent), PublishFailedError if no region acknowledged it: call again with that error's `id`. Rejects
 * with RangeError for options that cannot work.
 */
export async function publish(
  channel: string,
  text: string,
  options: PublishOptions,
): Promise<Message> {
  if (/\p{Surrogate}/u.test(text)) {
    const reason = 'message holds half a surrogate pair: send whole characters';
    throw new PublishRefusedError('InvalidMessage', reason);
  }
  const { regions, random = Math.random } = options;
  const { attempts, backoffBaseMs, backoffCapMs, rounds, timeoutMs } = checked(
    'publish',
    DEFAULTS,
    LEAST,
    options,
  );
  const fetcher: Fetcher = options.fetch ?? ((...args) => globalThis.fetch(...args));
  // As long as no region can have it under this id, another one may take its place.
  let replaceable = options.id === undefined;
  let id = options.id ?? newUlid((options.wall ?? Date.now)(), random);
  if (!Number.isInteger(attempts * rounds)) {
    throw new RangeError('publish: attempts and rounds must be whole numbers');
  }
  const order = regions.flatMap((endpoint) => Array<RegionEndpoint>(attempts).fill(endpoint));
  const all = Array<RegionEndpoint[]>(rounds).fill(order).flat();
  let reason = 'there are no regions';
  for (const [number, endpoint] of all.entries()) {
    if (number > 0) {
      const longest = Math.min(backoffCapMs, backoffBaseMs * 2 ** number);
      await new Promise<void>((resolve) => later(part(longest, random()), resolve));
    }
    try {
      return await attempt(endpoint, fetcher, timeoutMs, { name: channel, message: text, id });
    } catch (error) {
      const refusal = error instanceof GraphQLError ? error : null;
      if (replaceable && typeof refusal?.serverMs === 'number') {
        // This machine's clock is wrong: once more here, with an id by the API's.
        id = newUlid(refusal.serverMs, random);
        all.splice(number + 1, 0, endpoint);
      } else if (refusal !== null && isFinal(refusal.errorType)) {
        throw new PublishRefusedError(refusal.errorType, refusal.reason);
      }
      reason = String(error);
      replaceable = false;
    }
  }
  throw new PublishFailedError(id, reason);
}
