import type { Current } from './current.js';
import { LatchgateError } from './errors.js';
import type { SignedOutReason } from './events.js';
import type { Session } from './session.js';

/** Milliseconds after which those who wait for a refresh give up, and the next one sends the same request again. */
const PATIENCE = 30_000;

/**
 * Refreshes, one at a time in this page or process.
 *
 * Tabs need no lock: if two send the same refresh token with the same `Idempotency-Key`, the server answers both with the same
 * successor.
 * The storage decides: what it holds is the session, and an answer counts only if the token that was sent is still there.
 */
export class Refresher {
  #underWay: { id: string; session: Promise<Session> } | undefined;
  /** Not before this moment of the monotonic clock, as the server asked. */
  #notBefore = 0;

  constructor(readonly current: Current) {}

  /** The session with other tokens than these. It is never aborted: a caller who can't wait stops waiting. */
  refresh(stale: Session): Promise<Session> {
    const { id } = stale;
    if (this.#underWay?.id !== id) {
      const refreshed = this.#refreshed(stale);
      // Nobody may be waiting any more.
      refreshed.catch(() => {});
      const session = Promise.race([refreshed, late()]).finally(() => {
        if (this.#underWay?.session === session) {
          this.#underWay = undefined;
        }
      });
      this.#underWay = { id, session };
    }
    return this.#underWay.session;
  }

  async #refreshed(stale: Session): Promise<Session> {
    const { endpoint, ages } = this.current;
    const session = await this.current.stored();
    if (session?.id !== stale.id) {
      if (!session) {
        // Nobody can use it any more. If another tab logged out, this changes nothing.
        void this.current.revoked(stale);
      }
      throw this.#over(session, 'elsewhere');
    }
    if (session.accessToken !== stale.accessToken && !ages.isExpired(session)) {
      this.current.observe(session, 'elsewhere');
      return session;
    }
    const { refreshToken } = session;
    if (refreshToken === undefined) {
      return this.#ended(session, ages.isExpired(session) ? 'expired' : 'ended');
    }
    // A server's secret binds its refresh tokens, so its instances may have keys of their own.
    const isBound = session.key !== undefined && endpoint.clientSecret === undefined;
    if (isBound && session.key !== (await endpoint.prover?.thumbprint())) {
      void this.current.revoked(session);
      return this.#ended(session, 'key_lost');
    }
    return this.#traded(session, refreshToken);
  }

  async #traded(session: Session, refreshToken: string): Promise<Session> {
    const { endpoint, ages } = this.current;
    const wait = this.#notBefore - performance.now();
    if (wait > 0) {
      const retryAfter = Math.ceil(wait / 1000);
      throw new LatchgateError('temporarily_unavailable', 'The server asked to wait.', { retryAfter });
    }
    // An `Idempotency-Key` belongs to one refresh token. One without a proof so far goes without, so that a repeated request is
    // the same.
    const headers = { 'Idempotency-Key': await this.current.retryKey(session) };
    const manner = { headers, unproved: session.key === undefined };
    let tokens;
    try {
      const fields = { grant_type: 'refresh_token', refresh_token: refreshToken };
      tokens = await endpoint.tokens('/refresh', fields, manner);
    } catch (error) {
      if (error instanceof LatchgateError && error.code === 'invalid_grant') {
        const isExpired = ages.of(session) >= (session.refreshExpiresIn ?? Infinity) * 1000;
        return this.#ended(session, isExpired ? 'expired' : 'ended');
      }
      this.#heed(error);
      throw error;
    }
    return this.#stored(session, { ...session, ...(await this.current.withMarks(tokens)) });
  }

  /** Stores what came, if the token that was sent is still there. Else nobody will ever use it, and it is revoked. */
  async #stored(before: Session, next: Session): Promise<Session> {
    const { store, ages } = this.current;
    let stored;
    try {
      stored = await store.replace(({ refreshToken }) => refreshToken === before.refreshToken, next);
    } catch (error) {
      await this.current.revoked(next);
      await store.end(({ id }) => id === next.id).catch(() => {});
      this.current.changed(undefined, 'storage_failed');
      throw error;
    }
    if (stored?.accessToken === next.accessToken) {
      ages.begin(next);
    } else if (stored?.id !== next.id) {
      await this.current.revoked(next);
      throw this.#over(stored, 'elsewhere');
    }
    this.current.changed(stored, 'elsewhere');
    return stored;
  }

  /** The server, or this device, says that the session is over. If another tab has gone on with it meanwhile, it isn't. */
  async #ended(session: Session, reason: SignedOutReason): Promise<Session> {
    const { left } = await this.current.store.end(({ accessToken }) => accessToken === session.accessToken, session.refreshToken);
    if (left?.id === session.id) {
      this.current.changed(left, reason);
      return left;
    }
    throw this.#over(left, reason);
  }

  #over(stored: Session | undefined, reason: SignedOutReason): LatchgateError {
    this.current.changed(stored, reason);
    return new LatchgateError('signed_out', 'The session is over.');
  }

  #heed(error: unknown): void {
    if (error instanceof LatchgateError && error.retryAfter !== undefined) {
      this.#notBefore = performance.now() + Math.min(error.retryAfter, 60) * 1000;
    }
  }
}

function late(): Promise<never> {
  return new Promise((_, reject) => {
    const error = new LatchgateError('network_error', 'The refresh takes long.');
    const timer: unknown = setTimeout(() => reject(error), PATIENCE);
    // In Node, a timer must not keep the process alive.
    (timer as { unref?: () => void }).unref?.();
  });
}
