/** What the client knows of the deployment: read once at start, from /config.json. */
export interface RegionConfig {
  readonly region: string;
  readonly graphqlUrl: string;
  readonly realtimeUrl: string;
  readonly apiKey: string;
}

export interface ClientConfig {
  /** At least one. */
  readonly regions: readonly [RegionConfig, ...RegionConfig[]];
  /** Whether whoever serves this page also offers the operator's API; never so on AWS. */
  readonly operator: boolean;
}

export class ConfigError extends Error {
  override name = 'ConfigError';
}

const KEYS = ['region', 'graphqlUrl', 'realtimeUrl', 'apiKey'] as const;

/** Raises ConfigError saying what is wrong. */
export function parseConfig(document: unknown): ClientConfig {
  if (!isRecord(document)) throw new ConfigError('config.json is not a JSON object');
  const { regions, operator } = document;
  if (!Array.isArray(regions)) throw new ConfigError('config.json has no list "regions"');
  const [first, ...others] = regions.map(parseRegion);
  if (!first) throw new ConfigError('config.json names no region');
  return { regions: [first, ...others], operator: operator === true };
}

function parseRegion(entry: unknown, index: number): RegionConfig {
  const where = `config.json, region ${index + 1}`;
  if (!isRecord(entry)) throw new ConfigError(`${where} is not an object`);
  const [region, graphqlUrl, realtimeUrl, apiKey] = KEYS.map((key) => {
    const value = entry[key];
    if (typeof value !== 'string' || value === '') {
      const why = key === 'apiKey' ? ': this page needs one, tokens and IAM do not open it' : '';
      throw new ConfigError(`${where} has no ${key}${why}`);
    }
    return value;
  }) as [string, string, string, string];
  if (!/^https?:$/.test(protocolOf(graphqlUrl))) {
    throw new ConfigError(`${where}: graphqlUrl is no http address`);
  }
  if (!/^wss?:$/.test(protocolOf(realtimeUrl))) {
    throw new ConfigError(`${where}: realtimeUrl is no WebSocket address`);
  }
  return { region, graphqlUrl, realtimeUrl, apiKey };
}

function protocolOf(url: string): string {
  try {
    return new URL(url).protocol;
  } catch {
    return '';
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Raises ConfigError, also when nothing answers. */
export async function loadConfig(): Promise<ClientConfig> {
  let response: Response;
  try {
    response = await fetch('/config.json', { cache: 'no-store' });
  } catch {
    throw new ConfigError('/config.json cannot be reached');
  }
  if (!response.ok) throw new ConfigError(`/config.json answers ${response.status}`);
  let document: unknown;
  try {
    document = await response.json();
  } catch {
    throw new ConfigError('/config.json is not JSON');
  }
  return parseConfig(document);
}
