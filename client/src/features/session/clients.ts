/** Who uses the page, and the SDK's clients that it works with. */
import { createContext, use, useMemo } from 'react';
import { apiKey, Client, token } from '@globalws/client';
import type { RegionEndpoint } from '@globalws/client';
import type { LocalIssuer } from '../../config/config';

/** Someone is waiting: come back, and go home again, sooner than a program would. */
const TUNING = {
  homeProbeMs: 5_000,
  failoverMs: 8_000,
  backoffCapMs: 8_000,
} as const;

/** Who this page is to others, where nobody is signed in; the same when it is loaded again. */
export const VISITOR = visitor();

function visitor(): string {
  const made = crypto.randomUUID();
  try {
    const known = sessionStorage.getItem('visitor') ?? made;
    sessionStorage.setItem('visitor', known);
    return known;
  } catch {
    return made; // a browser that keeps nothing
  }
}

/** The local issuer, if this page has one. */
export const IssuerContext = createContext<LocalIssuer | null>(null);

/** A token of the local issuer, which asks for no password. */
async function fetchToken({ url }: LocalIssuer, user: string): Promise<string> {
  const response = await fetch(`${url}/token`, {
    method: 'POST',
    body: new URLSearchParams({ user }),
  });
  const answer = (await response.json()) as { readonly access_token?: string };
  if (answer.access_token === undefined) throw new Error(`the issuer does not sign in ${user}`);
  return answer.access_token;
}

/**
 * A client for these regions; another one when they or the user change.
 *
 * @param regions home first; the same list on every render
 * @param user one of the local issuer's, or empty for a visitor with the API key
 */
export function useClient(regions: readonly RegionEndpoint[], user: string): Client {
  const issuer = use(IssuerContext);
  // A client without a subscription holds nothing, so one that is let go needs no end.
  return useMemo(() => {
    const signedIn = issuer !== null && user !== '';
    const auth = signedIn ? token(() => fetchToken(issuer, user)) : apiKey();
    return new Client(regions, { ...TUNING, auth, presenceId: VISITOR });
  }, [issuer, regions, user]);
}
