import { base64url, objectIn, type Crypto } from './encoding.js';
import type { Endpoint } from './endpoint.js';
import { LatchgateError, type ErrorCode } from './errors.js';
import { checked } from './id-token.js';
import { guarded } from './session.js';
import type { Storage } from './storage.js';
import type { GrantedTokens } from './wire.js';

/** How many sign-ins may be under way at once; the oldest are forgotten. */
const MOST = 10;

/** How the user is to sign in (OpenID Connect Core, section 3.1.2.1). */
export interface SignInOptions {
  scope?: string | undefined;
  prompt?: string | undefined;
  /** Seconds since the user gave a password, at most. */
  maxAge?: number | undefined;
  loginHint?: string | undefined;
  uiLocales?: string | undefined;
  redirectUri?: string | undefined;
  /** What the callback hands back, such as the page to return to. Anything that JSON can hold. */
  appState?: unknown;
}

/** A sign-in that has begun, under its `state`. */
interface Begun {
  state: string;
  verifier: string;
  nonce: string;
  redirectUri: string;
  isOpenid: boolean;
  maxAge?: number | undefined;
  appState?: unknown;
}

/** A sign-in that has come back. */
export interface Finished {
  tokens: GrantedTokens;
  state: string;
  appState: unknown;
}

/** Sign-in by an authorization code with PKCE (RFC 6749, section 4.1; RFC 7636). */
export class Authorization {
  constructor(
    readonly issuer: string,
    readonly endpoint: Endpoint,
    readonly storage: Storage,
    readonly name: string,
    readonly crypto: Crypto,
  ) {}

  /** The address at which the user signs in. */
  async begin({ redirectUri, appState, ...options }: SignInOptions): Promise<string> {
    if (redirectUri === undefined) {
      throw new LatchgateError('invalid_request', 'A sign-in needs a redirectUri.');
    }
    const [state, verifier, nonce] = [this.#random(), this.#random(), this.#random()];
    const isOpenid = (options.scope ?? '').split(' ').includes('openid');
    const begun = { state, verifier, nonce, redirectUri, isOpenid, maxAge: options.maxAge, appState };
    await this.#update((all) => [...all, begun].slice(-MOST));
    const parameters: Record<string, string | number | undefined> = {
      response_type: 'code',
      client_id: this.endpoint.clientId,
      redirect_uri: redirectUri,
      scope: options.scope,
      state,
      nonce,
      code_challenge: base64url(await this.crypto.sha256(verifier)),
      code_challenge_method: 'S256',
      // A server's secret and the verifier bind its code, which another instance may redeem.
      dpop_jkt: this.endpoint.clientSecret === undefined ? await this.endpoint.prover?.thumbprint() : undefined,
      prompt: options.prompt,
      max_age: options.maxAge,
      login_hint: options.loginHint,
      ui_locales: options.uiLocales,
    };
    const url = new URL(`${this.endpoint.url}/authorize`);
    for (const [name, value] of Object.entries(parameters)) {
      if (value !== undefined) {
        url.searchParams.set(name, String(value));
      }
    }
    return url.href;
  }

  /** The `state` of a callback; undefined, if this address is none. An app may have a `code` and a `state` of its own. */
  stateOf(url: string): string | undefined {
    const { searchParams } = new URL(url);
    const isAnswer = searchParams.has('iss') && (searchParams.has('code') || searchParams.has('error'));
    return (isAnswer && searchParams.get('state')) || undefined;
  }

  /** Trades the code for tokens. Each `state` is good once. Undefined, if no sign-in has begun with it. */
  async finish(url: string, state: string): Promise<Finished | undefined> {
    let begun: Begun | undefined;
    await this.#update((all) => {
      begun = all.find((one) => one.state === state);
      return all.filter((one) => one !== begun);
    });
    if (!begun) {
      return undefined;
    }
    const parameters = new URL(url).searchParams;
    // Before anything else of the answer is believed (RFC 9207, section 2.4).
    if (parameters.get('iss') !== this.issuer) {
      throw new LatchgateError('invalid_callback', "The callback's iss is not this issuer.");
    }
    const [error, code] = [parameters.get('error'), parameters.get('code')];
    if (error !== null || code === null) {
      throw new LatchgateError((error ?? 'invalid_callback') as ErrorCode, parameters.get('error_description') ?? 'No sign-in.');
    }
    const { verifier, redirectUri, appState } = begun;
    const fields = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier };
    const again = begun;
    const tokens = await this.endpoint.tokens('/token', fields).catch(async (error: unknown) => {
      // The code may still be good: the same address may come again.
      if (error instanceof LatchgateError && error.isTemporary) {
        await this.#update((all) => [...all, again]);
      }
      throw error;
    });
    await this.#check(tokens, begun);
    return { tokens, state, appState };
  }

  async #check(tokens: GrantedTokens, { nonce, isOpenid, maxAge }: Begun): Promise<void> {
    if (!isOpenid && tokens.id_token === undefined) {
      return;
    }
    try {
      const now = this.endpoint.clock.now() / 1000;
      checked(tokens.id_token, { issuer: this.issuer, clientId: this.endpoint.clientId, nonce, now, maxAge });
    } catch (error) {
      await this.endpoint.post('/logout', { token: tokens.access_token }).catch(() => {});
      throw error;
    }
  }

  #random(): string {
    return base64url(this.crypto.random(32));
  }

  async #update(change: (all: Begun[]) => Begun[]): Promise<void> {
    const update = this.storage.update(this.name, (text) => {
      const begun: unknown = objectIn(text ?? '');
      const all = change(Array.isArray(begun) ? begun : []);
      return all.length === 0 ? undefined : JSON.stringify(all);
    });
    await guarded(update);
  }
}
