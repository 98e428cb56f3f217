/** The deployment's regions, from the config.json that is served beside a web client. */

import { ClientError } from './errors.js';
import type { Fetcher } from './graphql.js';
import { inTime } from './timers.js';
import { objectOf, type RegionEndpoint } from './types.js';

const FETCH_MS = 10_000;

/** config.json cannot be fetched, or is not what it should be. */
export class ConfigError extends ClientError {
  override name = 'ConfigError';
}

/** Fetch a JSON document within 10 seconds; throws ConfigError. */
export async function fetchConfig(fetcher: Fetcher, url: string): Promise<unknown> {
  const controller = new AbortController();
  let wrong = 'cannot be reached';
  const read = async (): Promise<unknown> => {
    const response = await fetcher(url, { cache: 'no-store', signal: controller.signal });
    if (!response.ok) {
      wrong = `answers ${response.status}`;
      throw new Error(response.statusText);
    }
    wrong = 'answers no JSON';
    return response.json();
  };
  try {
    return await inTime(read(), FETCH_MS);
  } catch (cause) {
    throw new ConfigError(`${url} ${wrong}`, { cause });
  } finally {
    controller.abort();
  }
}

/** The regions of a configuration, in its order, at least one; throws ConfigError saying what is wrong. */
export function regionsOf(document: unknown): readonly [RegionEndpoint, ...RegionEndpoint[]] {
  const entries = objectOf(document)?.['regions'];
  if (!Array.isArray(entries)) {
    throw new ConfigError('config.json has no list "regions"');
  }
  const [first, ...others] = entries.map(regionOf);
  if (first === undefined) {
    throw new ConfigError('config.json names no region');
  }
  return [first, ...others];
}

function regionOf(entry: unknown, index: number): RegionEndpoint {
  const where = `config.json, region ${index + 1}`;
  const fields = objectOf(entry);
  if (fields === null || Array.isArray(entry)) {
    throw new ConfigError(`${where} is not an object`);
  }
  const { apiKey, graphqlUrl, realtimeUrl, region } = fields;
  return {
    region: textOf(region, `${where} has no region`),
    graphqlUrl: urlOf(graphqlUrl, 'http', `${where}: graphqlUrl`),
    realtimeUrl: urlOf(realtimeUrl, 'ws', `${where}: realtimeUrl`),
    apiKey: typeof apiKey === 'string' && apiKey !== '' ? apiKey : undefined,
  };
}

function textOf(value: unknown, wrong: string): string {
  if (typeof value !== 'string' || value === '') {
    throw new ConfigError(wrong);
  }
  return value;
}

function urlOf(value: unknown, scheme: string, what: string): string {
  const text = textOf(value, `${what} is missing`);
  if (!URL.canParse(text) || !new RegExp(`^${scheme}s?:$`).test(new URL(text).protocol)) {
    throw new ConfigError(`${what} is no ${scheme} address`);
  }
  return text;
}
