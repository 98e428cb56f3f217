/** Who asks: an API key or a token. Signing with IAM is in `@globalws/client/iam`. */

import { ClientError } from './errors.js';
import { inTime } from './timers.js';
import type { RegionEndpoint } from './types.js';

/** What is to be authorized: a POST of `body` to `url`, at one region's API. */
export interface AuthRequest {
  readonly endpoint: RegionEndpoint;
  readonly url: string;
  readonly body: string;
}

/** Makes the headers that show who asks. */
export interface Auth {
  /** Whether others may be had after a refusal. */
  readonly renewable: boolean;
  /** The headers for a request; throws if there are none to be had now. */
  headers(request: AuthRequest): Promise<Readonly<Record<string, string>>>;
  /** The API refused these headers (or, without any, all that were made so far). */
  refused(headers?: Readonly<Record<string, string>>): void;
}

/** No token could be had: tried again later. */
export class TokenError extends ClientError {
  override name = 'TokenError';
}

/** An API key: the one given, or by default each region's own `apiKey`. */
export class ApiKey implements Auth {
  readonly renewable = false;
  readonly #key: string | undefined;

  constructor(key?: string) {
    this.#key = key;
  }

  headers({ endpoint }: AuthRequest): Promise<Readonly<Record<string, string>>> {
    const key = this.#key ?? endpoint.apiKey;
    return key === undefined
      ? Promise.reject(new ClientError(`${endpoint.region} has no API key: give one, or other auth`))
      : Promise.resolve({ 'x-api-key': key });
  }

  refused(): void {
    // There is no other key.
  }
}

/** The same as `new ApiKey(key)`. */
export function apiKey(key?: string): ApiKey {
  return new ApiKey(key);
}

/** A token that is about to expire is not used any more. */
const EXPIRY_MARGIN_MS = 60_000;
/** A function that takes longer has failed, and is called again for the next who needs a token. */
const FETCH_MS = 30_000;

/** A token, or one that is being fetched (then `header` is null). */
interface Kept {
  readonly token: Promise<string>;
  header: string | null;
  usableUntil: number;
}

/**
 * Tokens of OIDC or Cognito. The function is called when a token is needed and none is at hand, when
 * the one at hand is about to expire, and after the API refused it: once for all who wait. AppSync
 * looks at a token when a subscription starts, so none is fetched while nothing starts. A call that
 * takes longer than 30 seconds has failed.
 */
export class Token implements Auth {
  readonly renewable = true;
  readonly #fetchToken: () => string | Promise<string>;
  #kept: Kept | null = null;

  constructor(fetchToken: () => string | Promise<string>) {
    this.#fetchToken = fetchToken;
  }

  async headers(): Promise<Readonly<Record<string, string>>> {
    if (this.#kept !== null && Date.now() >= this.#kept.usableUntil) {
      this.#kept = null;
    }
    this.#kept ??= this.#ask();
    return { Authorization: await this.#kept.token };
  }

  refused(headers?: Readonly<Record<string, string>>): void {
    // One that is being fetched was refused by nobody.
    const header = this.#kept?.header ?? null;
    if (header !== null && header === (headers?.['Authorization'] ?? header)) {
      this.#kept = null;
    }
  }

  #ask(): Kept {
    const kept: Kept = {
      header: null,
      usableUntil: Infinity,
      // Later, so that a function that throws at once fails after it is noted here.
      token: Promise.resolve().then(() => this.#fetch(kept)),
    };
    return kept;
  }

  async #fetch(kept: Kept): Promise<string> {
    try {
      const token = await inTime(this.#fetchToken(), FETCH_MS);
      if (typeof token !== 'string' || token === '') {
        throw new TypeError('the token function gave no token');
      }
      const life = expiryOf(token) - Date.now();
      // A token that lives shorter than the margin is used all the same, once.
      kept.usableUntil = Date.now() + Math.max(0, life - EXPIRY_MARGIN_MS);
      kept.header = token;
      return token;
    } catch (error) {
      if (this.#kept === kept) {
        this.#kept = null;
      }
      throw new TokenError(`no token: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }
}

/** A JWT's `exp` in milliseconds since 1970; Infinity if it has none, or is no JWT. */
function expiryOf(token: string): number {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const { exp } = JSON.parse(atob(payload)) as { readonly exp?: unknown };
    return typeof exp === 'number' ? exp * 1000 : Infinity;
  } catch {
    return Infinity;
  }
}

/** The same as `new Token(fetchToken)`. */
export function token(fetchToken: () => string | Promise<string>): Token {
  return new Token(fetchToken);
}
