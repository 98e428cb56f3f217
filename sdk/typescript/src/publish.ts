/**
 * Publishing with retries that make no duplicates: every attempt carries the same id. Only an id that
 * the API refuses, because this machine's clock is wrong, is replaced once.
 */

import { GraphQLError, isFinal, PublishFailedError, RefusedError, whatNext } from './errors.js';
import { type Caller, execute, NoAnswerError } from './graphql.js';
import { PUBLISH } from './operations.js';
import { checked } from './options.js';
import { later, part } from './timers.js';
import { type Message, parseMessage, type RegionEndpoint } from './types.js';

/** How one message is published. Times are in milliseconds. */
export interface PublishOptions {
  /** The message's id, a ULID. Give one to continue an earlier attempt. By default a new one is made. */
  readonly id?: string | undefined;
  /** Called with the id before the message is sent with it: once, or twice if the clock is wrong. */
  readonly onId?: ((id: string) => void) | undefined;
  /** How many attempts are made in a region before the next region is tried (2). */
  readonly attempts?: number | undefined;
  /** How often all regions are tried (2). */
  readonly rounds?: number | undefined;
  /** How long one attempt may take, in milliseconds (10,000). */
  readonly timeoutMs?: number | undefined;
  /** The wait before another attempt is random, up to this long (200). It doubles with each attempt. */
  readonly backoffBaseMs?: number | undefined;
  /** The longest wait before another attempt (5,000). */
  readonly backoffCapMs?: number | undefined;
  /** Ends the attempts when it is aborted. The message may have been accepted already. */
  readonly signal?: AbortSignal | undefined;
}

/** Who publishes, and where. `wall`: this machine's clock, milliseconds since 1970. */
export interface Publisher extends Caller {
  /** In order of preference. */
  readonly regions: readonly RegionEndpoint[];
  readonly random: () => number;
  readonly wall: () => number;
  /** Makes an id of a time, milliseconds since 1970. */
  readonly newId: (ms: number) => string;
}

const DEFAULTS = {
  attempts: 2,
  rounds: 2,
  timeoutMs: 10_000,
  backoffBaseMs: 200,
  backoffCapMs: 5_000,
};
const LEAST = { attempts: 1, rounds: 1, timeoutMs: 1, backoffBaseMs: 0, backoffCapMs: 0 };

interface Attempt {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly variables: Readonly<Record<'name' | 'message' | 'id', string>>;
}

async function attempt(
  caller: Caller,
  endpoint: RegionEndpoint,
  { signal, timeoutMs, variables }: Attempt,
): Promise<Message> {
  const { id, message: text, name } = variables;
  const data = await execute(caller, endpoint, { query: PUBLISH, variables, timeoutMs, signal });
  const message = parseMessage(data['publish']);
  if (message?.id !== id || message.name !== name || message.message !== text) {
    throw new NoAnswerError(`${endpoint.region}: the answer is not the message that was sent`);
  }
  return message;
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const cancel = later(ms, end);
    signal?.addEventListener('abort', end);
  });
  signal?.throwIfAborted();
}

/**
 * Publish to a channel and return the message as the API accepted it.
 *
 * Throws RefusedError if the API refuses it, now and later (half a surrogate pair is not
 * sent), PublishFailedError if no region acknowledged it: call again with that error's `id`. Rejects
 * with RangeError for options that cannot work, and with `signal.reason` once that is aborted.
 */
export async function publish(
  publisher: Publisher,
  channel: string,
  text: string,
  options: PublishOptions,
): Promise<Message> {
  if (/\p{Surrogate}/u.test(text)) {
    const reason = 'message holds half a surrogate pair: send whole characters';
    throw new RefusedError('InvalidMessage', reason);
  }
  const { newId, random, regions, wall } = publisher;
  const { onId, signal } = options;
  const { attempts, backoffBaseMs, backoffCapMs, rounds, timeoutMs } = checked(
    'publish',
    DEFAULTS,
    LEAST,
    options,
  );
  // As long as no region can have it under this id, another one may take its place.
  let replaceable = options.id === undefined;
  let id = options.id ?? newId(wall());
  if (!Number.isInteger(attempts * rounds)) {
    throw new RangeError('publish: attempts and rounds must be whole numbers');
  }
  onId?.(id);
  const order = regions.flatMap((endpoint) => Array<RegionEndpoint>(attempts).fill(endpoint));
  const all = Array<RegionEndpoint[]>(rounds).fill(order).flat();
  let reason = 'there are no regions';
  let errorType: string | null = null;
  let unfit: RegionEndpoint | null = null;
  for (const [number, endpoint] of all.entries()) {
    if (endpoint === unfit) {
      continue;
    }
    if (number > 0) {
      await pause(part(Math.min(backoffCapMs, backoffBaseMs * 2 ** number), random()), signal);
    }
    try {
      const variables = { name: channel, message: text, id };
      return await attempt(publisher, endpoint, { variables, timeoutMs, signal });
    } catch (error) {
      signal?.throwIfAborted();
      const refusal = error instanceof GraphQLError ? error : null;
      if (replaceable && typeof refusal?.serverMs === 'number') {
        // This machine's clock is wrong: once more here, with an id by the API's.
        id = newId(refusal.serverMs);
        onId?.(id);
        all.splice(number + 1, 0, endpoint);
      } else if (refusal !== null && isFinal(refusal.errorType)) {
        throw new RefusedError(refusal.errorType, refusal.reason);
      }
      unfit = refusal !== null && whatNext(refusal.errorType) === 'region' ? endpoint : null;
      errorType = refusal?.errorType ?? null;
      reason = error instanceof Error ? error.message : String(error);
      replaceable = false;
    }
  }
  throw new PublishFailedError(id, reason, errorType);
}
