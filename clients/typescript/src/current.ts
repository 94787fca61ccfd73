import { base64url, type Crypto } from './encoding.js';
import type { Endpoint } from './endpoint.js';
import { LatchgateError } from './errors.js';
import { Listeners, type SignedOutReason } from './events.js';
import { Ages, fromTokens, userOf, type Ended, type Session, type SessionStore } from './session.js';
import type { GrantedTokens } from './wire.js';

/** What a client says of its sessions. */
export interface Manners {
  crypto: Crypto;
  /** The `Idempotency-Key` of a refresh token. Default: a random one, stored with the session. */
  retryKey?: ((refreshToken: string) => Promise<string>) | undefined;
  /** Called when this client has changed the session in the storage. */
  onChange?: ((reason: SignedOutReason) => void) | undefined;
}

/** The session as this page or process knows it. The storage decides: a session is this one for as long as it is there. */
export class Current {
  readonly ages = new Ages();
  readonly listeners = new Listeners();
  #session: Session | undefined;
  #isLoaded = false;
  /** How often this page has changed what is stored. */
  #changes = 0;
  /** Sessions that are over, by their `id`: whatever an old answer says, they don't come back. */
  readonly #over = new Set<string>();
  /** Tokens that are still to be revoked, since the server couldn't be reached. */
  readonly #unrevoked = new Set<string>();

  constructor(
    readonly endpoint: Endpoint,
    readonly store: SessionStore,
    readonly manners: Manners,
  ) {}

  /** The session, without asking the storage if one is known. */
  async session(): Promise<Session | undefined> {
    if (!this.#session) {
      await this.sync();
    }
    return this.#session;
  }

  /** Looks at the storage. */
  async sync(reason: SignedOutReason = 'elsewhere'): Promise<void> {
    const stored = await this.stored();
    const isFirst = !this.#isLoaded;
    this.#isLoaded = true;
    this.observe(stored, reason, isFirst);
  }

  /** What is stored. A read that was under way while this page changed it may be older than that change, so it is repeated. */
  async stored(): Promise<Session | undefined> {
    const changes = this.#changes;
    const stored = await this.store.read();
    return changes === this.#changes ? stored : this.stored();
  }

  /** This page has changed what is stored. */
  changed(stored: Session | undefined, reason: SignedOutReason): void {
    this.#changes += 1;
    this.observe(stored, reason);
    this.manners.onChange?.(reason);
  }

  /** Begins a session with these tokens. That whose place it takes is revoked, since nobody can use it any more. */
  async begin(tokens: GrantedTokens, more: Pick<Session, 'idToken' | 'state'> = {}): Promise<Session> {
    let before: Session | undefined;
    const session = await this.#kept(tokens, async () => {
      const begun: Session = { id: this.random(), ...(await this.withMarks(tokens)), ...more };
      before = await this.store.begin(begun);
      return begun;
    });
    this.ages.begin(session);
    this.changed(session, 'replaced');
    if (before) {
      void this.revoked(before);
    }
    return session;
  }

  /** Goes on with the same session and other tokens, if it is still there. */
  async goOn(session: Session, tokens: GrantedTokens): Promise<void> {
    const stored = await this.#kept(tokens, async () => {
      const next = { ...session, ...(await this.withMarks(tokens)) };
      return this.store.replace(({ id }) => id === next.id, next);
    });
    if (stored?.accessToken === tokens.access_token) {
      this.ages.begin(stored);
    } else {
      await this.revoked(fromTokens(tokens));
    }
    this.changed(stored, 'elsewhere');
  }

  /**
   * Ends this session on this device, before anything else. Returns it with its newest tokens. If the storage fails, what it
   * keeps is worth nothing
   * once the server has heard.
   */
  async forget(session: Session): Promise<Session> {
    this.#over.add(session.id);
    const { ended, left }: Ended = await this.store.end(({ id }) => id === session.id).catch(() => ({}));
    this.changed(left, 'logout');
    return ended ?? session;
  }

  /** Ends this session at the server, now or later. Whether it was now. */
  async revoked({ refreshToken, accessToken }: Pick<Session, 'refreshToken' | 'accessToken'>): Promise<boolean> {
    const isNow = await this.#revoked(refreshToken ?? accessToken);
    if (isNow && refreshToken) {
      await this.store.remember(refreshToken).catch(() => {});
    }
    return isNow;
  }

  /** Revokes what couldn't be revoked so far. */
  async revokeRest(): Promise<void> {
    await Promise.all([...this.#unrevoked].map((token) => this.#revoked(token)));
  }

  /** The `Idempotency-Key` of the next refresh. It belongs to this one refresh token. */
  async retryKey({ refreshToken, retryKey }: Session): Promise<string> {
    return this.manners.retryKey ? this.manners.retryKey(refreshToken ?? '') : (retryKey ?? this.random());
  }

  /** These tokens, with what is stored with each. */
  async withMarks(tokens: GrantedTokens) {
    const retryKey = this.manners.retryKey ? undefined : this.random();
    const key = await this.endpoint.prover?.thumbprint();
    return { ...fromTokens(tokens), obtainedAt: Date.now(), skew: this.endpoint.clock.skew, key, retryKey };
  }

  random(): string {
    return base64url(this.manners.crypto.random(16));
  }

  /** Takes over what is stored. What an earlier page left is no news. */
  observe(stored: Session | undefined, reason: SignedOutReason, isFirst = false): void {
    const before = this.#session;
    const after = stored && this.#over.has(stored.id) ? undefined : stored;
    this.#session = after;
    if (after) {
      this.endpoint.clock.remember(after.skew);
    }
    if (before && before.id !== after?.id) {
      this.#over.add(before.id);
      this.listeners.tell('signedOut', { reason: after ? 'replaced' : reason });
    }
    if (after && before?.id !== after.id && !isFirst) {
      this.listeners.tell('signedIn', { user: userOf(after) });
    }
  }

  /** Stores these tokens, or revokes them. */
  async #kept<T>(tokens: GrantedTokens, store: () => Promise<T>): Promise<T> {
    try {
      return await store();
    } catch (error) {
      await this.revoked(fromTokens(tokens));
      throw error;
    }
  }

  async #revoked(token: string): Promise<boolean> {
    this.#unrevoked.add(token);
    try {
      // One session ends without a proof.
      await this.endpoint.post('/logout', { token }, { unproved: true });
    } catch (error) {
      if (error instanceof LatchgateError && error.isTemporary) {
        return false;
      }
    }
    this.#unrevoked.delete(token);
    return true;
  }
}
