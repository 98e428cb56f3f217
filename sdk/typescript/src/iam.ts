/** Requests signed with AWS credentials, by the package aws4fetch, which the application installs. */

import { AwsV4Signer } from 'aws4fetch';

import type { Auth, AuthRequest } from './auth.js';

/** Keys of AWS; `sessionToken` where they are temporary. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** Keys, or a function that gives those of now: it is asked for each request. */
export type CredentialsSource = Credentials | (() => Credentials | Promise<Credentials>);

/** Signs with Signature Version 4, for the service `appsync`. */
export class Iam implements Auth {
  readonly renewable: boolean;
  readonly #source: CredentialsSource;

  constructor(source: CredentialsSource) {
    this.#source = source;
    this.renewable = typeof source === 'function';
  }

  async headers({ body, endpoint, url }: AuthRequest): Promise<Readonly<Record<string, string>>> {
    const source = this.#source;
    const { accessKeyId, secretAccessKey, sessionToken } =
      typeof source === 'function' ? await source() : source;
    const signer = new AwsV4Signer({
      method: 'POST',
      url,
      body,
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      service: 'appsync',
      region: endpoint.region,
    });
    const { headers } = await signer.sign();
    const shown: Record<string, string> = {};
    headers.forEach((value, name) => {
      // AppSync's connections look for this one by its usual spelling.
      shown[name === 'authorization' ? 'Authorization' : name] = value;
    });
    return shown;
  }

  refused(): void {
    // The source is asked each time.
  }
}

/** The same as `new Iam(source)`. */
export function iam(source: CredentialsSource): Iam {
  return new Iam(source);
}
