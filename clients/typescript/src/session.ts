import { moment, since, type Moment } from './clock.js';
import { claimsOf, objectIn } from './encoding.js';
import { LatchgateError } from './errors.js';
import type { Storage } from './storage.js';
import type { GrantedTokens } from './wire.js';

/** Who is signed in, as far as the client knows. */
export interface User {
  /** The scopes that were granted, separated by spaces. */
  scope: string | undefined;
  /** Whether the session is bound to a key of this device. */
  isBound: boolean;
  /** The claims of the ID token, after a sign-in with the scope `openid`. */
  claims: Record<string, unknown> | undefined;
}

/** A session, as it is stored. */
export interface Session {
  /** Tells this session from others, also after its tokens were replaced. Of this library; the server doesn't know it. */
  id: string;
  accessToken: string;
  type: 'bearer' | 'DPoP';
  expiresIn: number;
  refreshToken?: string | undefined;
  refreshExpiresIn?: number | undefined;
  scope?: string | undefined;
  idToken?: string | undefined;
  /** The `state` of the sign-in that it began with. */
  state?: string | undefined;
  /** When the tokens came, on the wall clock of the device, in milliseconds. */
  obtainedAt: number;
  /** By how many milliseconds the device's clock was behind then. */
  skew: number;
  /** The thumbprint of the key of which each request with this refresh token has a proof; absent, if none of them has one. */
  key?: string | undefined;
  /** The `Idempotency-Key` of the next refresh, where no other key makes it. */
  retryKey?: string | undefined;
}

/** The part of a session that an answer brings. */
export const fromTokens = (tokens: GrantedTokens) => ({
  accessToken: tokens.access_token,
  type: tokens.token_type === 'DPoP' ? ('DPoP' as const) : ('bearer' as const),
  expiresIn: tokens.expires_in,
  refreshToken: tokens.refresh_token,
  refreshExpiresIn: tokens.refresh_token_expires_in,
  scope: tokens.scope,
});

export const userOf = ({ scope, type, idToken }: Session): User => ({
  scope,
  isBound: type === 'DPoP',
  claims: idToken === undefined ? undefined : claimsOf(idToken),
});

/**
 * What is stored: the session and, once the server has ended it, its last refresh token, which gives the device a budget of its
 * own at the next login.
 */
interface Stored {
  session?: Session;
  last?: string | undefined;
}

/** The session that was ended, and the session that is stored afterwards. */
export interface Ended {
  ended?: Session | undefined;
  left?: Session | undefined;
}

/** The session in the storage, which all tabs share. Each change is one step: no other tab writes in between. */
export class SessionStore {
  constructor(
    readonly storage: Storage,
    readonly name: string,
  ) {}

  async read(): Promise<Session | undefined> {
    return (await this.#stored()).session;
  }

  /** The last refresh token that this device has of anybody, live or over. */
  async lastRefreshToken(): Promise<string | undefined> {
    const { session, last } = await this.#stored();
    return session?.refreshToken ?? last;
  }

  /** Begins a session. Returns the one whose place it takes. */
  async begin(session: Session): Promise<Session | undefined> {
    let before: Session | undefined;
    await this.#update((stored) => {
      before = stored.session;
      return { session };
    });
    return before;
  }

  /** Replaces the session if it is still this one. Returns the one that is there afterwards. */
  async replace(is: (session: Session) => boolean, next: Session): Promise<Session | undefined> {
    const stored = await this.#update((stored) => (stored.session && is(stored.session) ? { session: next } : stored));
    return stored.session;
  }

  /** Ends the session if it is this one. `last` is its refresh token, if the server has ended it: a live one must not stay. */
  async end(is: (session: Session) => boolean, last?: string): Promise<Ended> {
    let ended: Session | undefined;
    const { session: left } = await this.#update((stored) => {
      ended = stored.session && is(stored.session) ? stored.session : undefined;
      return ended ? { last } : stored;
    });
    return { ended, left };
  }

  /** Keeps a refresh token that the server has revoked. */
  async remember(last: string): Promise<void> {
    await this.#update((stored) => (stored.session ? stored : { last }));
  }

  async #stored(): Promise<Stored> {
    return parsed(await guarded(this.storage.read(this.name)));
  }

  async #update(change: (stored: Stored) => Stored): Promise<Stored> {
    return parsed(await guarded(this.storage.update(this.name, (text) => JSON.stringify(change(parsed(text))))));
  }
}

/** What is no record of ours counts as none: the user signs in again. */
function parsed(text: string | undefined): Stored {
  const stored = objectIn(text ?? '') as Stored | undefined;
  return stored?.session?.accessToken ? { session: stored.session } : { last: stored?.last };
}

/** A failure of the storage, as an error of ours. */
export const guarded = <T>(stored: Promise<T>): Promise<T> =>
  stored.catch((cause: unknown) => {
    throw cause instanceof LatchgateError ? cause : new LatchgateError('storage_failed', 'The storage failed.', { cause });
  });

/** How old the access token is, in milliseconds, by both clocks. Of one that another page stored, only the wall clock tells. */
export class Ages {
  #of: { accessToken: string; at: Moment } | undefined;

  /** The tokens came just now. */
  begin({ accessToken }: Session): void {
    this.#of = { accessToken, at: moment() };
  }

  of({ accessToken, obtainedAt }: Session): number {
    if (this.#of?.accessToken !== accessToken) {
      const age = Date.now() - obtainedAt;
      // Stored in the future: the clock was set back, and the age can't be known.
      this.#of = { accessToken, at: { wall: obtainedAt, monotonic: age < 0 ? -Infinity : performance.now() - age } };
    }
    return since(this.#of.at);
  }

  /** Whether the access token is over, or soon will be: a tenth of its life before, and 30 seconds at most. */
  isExpired(session: Session): boolean {
    return this.of(session) >= (session.expiresIn - Math.min(30, session.expiresIn / 10)) * 1000;
  }
}
