/** What the client knows of the deployment: read once at start, from /config.json. */
import { ConfigError, regionsOf } from '@globalws/client';
import type { RegionEndpoint } from '@globalws/client';

/** A user whom the local issuer signs in; never so on AWS. */
export interface LocalUser {
  readonly name: string;
  readonly groups: readonly string[];
}

/** The local stack's issuer: its URL, and whom it knows. */
export interface LocalIssuer {
  readonly url: string;
  readonly users: readonly LocalUser[];
}

export interface ClientConfig {
  /** At least one. */
  readonly regions: readonly [RegionEndpoint, ...RegionEndpoint[]];
  /** Whether the server of this page also offers the operator's API. On AWS it never does. */
  readonly operator: boolean;
  readonly issuer: LocalIssuer | null;
}

/** Raises ConfigError saying what is wrong. */
export function parseConfig(document: unknown): ClientConfig {
  if (!isRecord(document)) throw new ConfigError('config.json is not a JSON object');
  const regions = regionsOf(document);
  const issuer = parseIssuer(document.issuer);
  const keyless = regions.find((each) => each.apiKey === undefined);
  if (keyless && !issuer) {
    throw new ConfigError(`config.json: ${keyless.region} has no apiKey: this page needs one`);
  }
  return { regions, operator: document.operator === true, issuer };
}

function parseIssuer(entry: unknown): LocalIssuer | null {
  if (!isRecord(entry)) return null;
  const { url, users } = entry;
  if (typeof url !== 'string' || !Array.isArray(users)) {
    throw new ConfigError('config.json: issuer has no url, or no list "users"');
  }
  return { url, users: users.filter(isRecord).map(parseUser) };
}

function parseUser({ name, groups }: Record<string, unknown>): LocalUser {
  const known = Array.isArray(groups) ? groups.filter((each) => typeof each === 'string') : [];
  return { name: String(name), groups: known };
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
