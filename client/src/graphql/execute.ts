import { isFinal } from '@globalws/client';
import type { RegionConfig } from '../config/config';

/**
 * The API's answer was an error; `type` is its errorType and `message` what it says to do.
 * `serverMs`: what the API's clock said, milliseconds since 1970, where it refused an id by it.
 */
export class ApiError extends Error {
  override name = 'ApiError';

  readonly type: string;
  readonly serverMs: number | null;

  constructor(
    type: string,
    message: string,
    serverMs: number | null = null,
  ) {
    super(message);
    this.type = type;
    this.serverMs = serverMs;
  }

  /** Whether the same call may succeed later. */
  get passing(): boolean {
    return !isFinal(this.type);
  }
}

const PATIENCE_MILLISECONDS = 15_000;

interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly {
    errorType?: string;
    message?: string;
    errorInfo?: { now?: number } | null;
  }[];
}

/**
 * Runs an operation with the region's API key.
 *
 * @throws ApiError, also when nothing answers (`Unreachable`).
 */
export async function execute<Data>(
  region: RegionConfig,
  query: string,
  variables: object = {},
  patience: number = PATIENCE_MILLISECONDS,
): Promise<Data> {
  let status: number;
  let answer: Answer<Data>;
  try {
    const response = await fetch(region.graphqlUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': region.apiKey },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(patience),
    });
    status = response.status;
    answer = (await response.json()) as Answer<Data>;
  } catch {
    throw new ApiError('Unreachable', `the API in ${region.region} does not answer`);
  }
  const [error] = answer.errors ?? [];
  if (error) {
    const type = status === 429 ? 'Throttled' : status >= 500 ? 'InternalFailure' : error.errorType;
    const serverMs = error.errorInfo?.now ?? null;
    throw new ApiError(type ?? 'Error', error.message ?? `the API answered ${status}`, serverMs);
  }
  if (!answer.data) throw new ApiError('InternalFailure', `the API answered ${status}`);
  return answer.data;
}
