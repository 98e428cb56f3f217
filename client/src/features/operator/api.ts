/** The local stack's operator API, on the page's own origin. See emulator/runtime/web/operator.py. */

/** Why a region has not answered. */
export interface RegionError {
  readonly region: string;
  readonly error: string;
}

export interface RegionStatus {
  readonly region: string;
  readonly running: boolean;
  /** Whether no event passes between this region and its peers. */
  readonly cutOff: boolean;
}

export interface DeadLetter {
  readonly messageId: string;
  readonly region: string;
  readonly queue: string;
  readonly sentAt: number;
  readonly detailType: string | null;
  readonly channel: string | null;
  readonly id: string | null;
  readonly origin: string | null;
  readonly destination: string | null;
  readonly reason: string;
  readonly poison: string | null;
}

export interface DeadLetters {
  readonly deadLetters: readonly DeadLetter[];
  readonly errors: readonly RegionError[];
}

export interface Redriven {
  readonly region: string;
  readonly queue: string;
  readonly done: number;
  readonly failed: number;
  readonly poison: number;
  readonly error: string;
}

export interface AuditRecord {
  readonly key: string;
  readonly region: string;
  readonly at: string;
  readonly action: string;
  /** A channel or a pattern; null if it is about a user. */
  readonly channel: string | null;
  readonly user: string | null;
  readonly by: string;
  readonly reason: string;
  readonly outcome: string;
}

export interface Audit {
  readonly records: readonly AuditRecord[];
  readonly errors: readonly RegionError[];
}

/** What one region has about a user. */
export interface UserRules {
  readonly blocked: boolean;
  /** Operations by pattern. */
  readonly grants: Readonly<Record<string, readonly string[]>>;
  readonly reason: string | null;
  readonly updatedAt: string | null;
}

export interface KnownUser {
  readonly user: string;
  /** Whether all regions have the same. */
  readonly agreed: boolean;
  readonly regions: Readonly<Record<string, UserRules>>;
}

export interface Users {
  readonly users: readonly KnownUser[];
  readonly errors: readonly RegionError[];
}

export interface Accepted {
  readonly region: string;
}

export class OperatorError extends Error {
  override name = 'OperatorError';
}

const ROOT = '/_local/operator';

async function call<Answer>(method: string, path: string, body?: object): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(ROOT + path, {
      method,
      ...(body && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
  } catch {
    throw new OperatorError('the local stack does not answer');
  }
  const answer = (await response.json().catch(() => null)) as
    | (Answer & { error?: { message?: string } })
    | null;
  if (!response.ok || answer === null) {
    throw new OperatorError(answer?.error?.message ?? `the local stack answers ${response.status}`);
  }
  return answer;
}

const channel = (name: string): string => `/channels/${encodeURIComponent(name)}`;
const region = (code: string): string => `/regions/${encodeURIComponent(code)}`;

export const operator = {
  regions: () => call<{ readonly regions: readonly RegionStatus[] }>('GET', '/regions'),
  setRegion: (code: string, change: { running?: boolean; cutOff?: boolean }) =>
    call<{ readonly regions: readonly RegionStatus[] }>('PUT', region(code), change),
  /** `allowed`: null leaves the channel to the deployment. */
  setPolicy: (name: string, allowed: boolean | null, reason: string) =>
    call<Accepted>('PUT', `${channel(name)}/policy`, { allowed, reason }),
  purge: (name: string, change: { reason: string; block: boolean; deleteHistory: boolean }) =>
    call<Accepted>('POST', `${channel(name)}/purge`, change),
  users: () => call<Users>('GET', '/users'),
  audit: () => call<Audit>('GET', '/audit'),
  deadLetters: () => call<DeadLetters>('GET', '/dead-letters'),
  redrive: () => call<{ readonly queues: readonly Redriven[] }>('POST', '/dead-letters/redrive', {}),
};
