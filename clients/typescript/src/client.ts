import { Authorization, type SignInOptions } from './authorization.js';
import { Calls } from './calls.js';
import { Current } from './current.js';
import { webCrypto, type Crypto } from './encoding.js';
import { Endpoint } from './endpoint.js';
import { LatchgateError } from './errors.js';
import type { Events, SignedOutReason } from './events.js';
import type { Prover } from './proof.js';
import { SessionStore, userOf, type User } from './session.js';
import { memoryStorage, type Storage } from './storage.js';

/** How a client is made. */
export interface ClientOptions {
  /** The issuer, exactly as the documents below `/.well-known` have it. */
  issuer: string;
  clientId: string;
  /** Of a confidential client, and so never in a browser or an app. */
  clientSecret?: string | undefined;
  /** Where the endpoints are, if not below the issuer. */
  url?: string | undefined;
  redirectUri?: string | undefined;
  /** What is asked for at sign-in and login, unless these say otherwise. */
  scope?: string | undefined;
  /** The origins that may see the access token, beside that of `url`: those of your APIs. */
  apis?: readonly string[] | undefined;
  /** Default: in memory. */
  storage?: Storage | undefined;
  /** Binds the tokens to a key (DPoP). Default: none. */
  prover?: Prover | undefined;
  /** The `Idempotency-Key` of a refresh token: 22 to 255 characters. Default: a random one, stored with the session. */
  retryKey?: ((refreshToken: string) => Promise<string>) | undefined;
  /** Called when this client has changed the session in the storage, so that others look. */
  onChange?: ((reason: SignedOutReason) => void) | undefined;
  crypto?: Crypto | undefined;
}

/** A login with the user's password, of your own app. */
export interface LoginOptions {
  username: string;
  password: string;
  scope?: string | undefined;
  /** What the list of devices shows. */
  deviceName?: string | undefined;
}

/** Who signed in, and the `appState` of `signIn`. */
export interface SignedIn {
  user: User;
  appState: unknown;
}

/** The sign-ins that are being finished in this page, by their `state`: React's Strict Mode comes twice. */
const finishing = new Map<string, Promise<unknown>>();

/** One user at one client of Latchgate. */
export class Client {
  /** @internal */
  readonly calls: Calls;
  readonly #current: Current;
  readonly #authorization: Authorization;

  constructor(readonly options: ClientOptions) {
    const { issuer, clientId, clientSecret, prover, storage = memoryStorage(), crypto = webCrypto, apis = [] } = options;
    const url = (options.url ?? issuer).replace(/\/$/, '');
    const name = `${issuer} ${clientId}`;
    const endpoint = new Endpoint(url, clientId, clientSecret, prover);
    const store = new SessionStore(storage, `session of ${name}`);
    this.#current = new Current(endpoint, store, { ...options, crypto });
    this.calls = new Calls(this.#current, new Set([url, ...apis].map((address) => new URL(address).origin)));
    this.#authorization = new Authorization(issuer, endpoint, storage, `sign-ins of ${name}`, crypto);
  }

  /** Listens to an event. Returns what stops listening. */
  on<K extends keyof Events>(name: K, listener: (event: Events[K]) => void): () => void {
    return this.#current.listeners.add(name, listener);
  }

  /** Who is signed in, without asking the server; undefined, if nobody is. */
  async user(): Promise<User | undefined> {
    const session = await this.#current.session();
    return session && userOf(session);
  }

  /** The address at which the user signs in. Open it in the browser. */
  async signInUrl(options: SignInOptions = {}): Promise<string> {
    const { scope, redirectUri } = this.options;
    return this.#authorization.begin({ scope, redirectUri, ...options });
  }

  /** Finishes a sign-in at the address of its callback. Undefined, if the address is none. The same address may come twice. */
  async handleCallback(url: string): Promise<SignedIn | undefined> {
    const state = this.#authorization.stateOf(url);
    if (state === undefined) {
      return undefined;
    }
    const finished = finishing.get(state) ?? this.#finished(url, state).finally(() => finishing.delete(state));
    finishing.set(state, finished);
    const appState = await finished;
    await this.sync();
    const session = await this.#current.session();
    if (session?.state !== state) {
      throw new LatchgateError('invalid_callback', 'No sign-in has begun here with this state.');
    }
    return { user: userOf(session), appState };
  }

  /** Logs in with a password. If it must be changed first, the error is `password_expired`: hand it to `changePassword`. */
  async login({ username, password, scope = this.options.scope, deviceName }: LoginOptions): Promise<User> {
    const { endpoint, store } = this.#current;
    const last = await store.lastRefreshToken();
    const fields = { username, password, scope, device_name: deviceName, refresh_token: last };
    return userOf(await this.#current.begin(await endpoint.tokens('/login', fields)));
  }

  /**
   * `fetch` with the access token, and with a proof where it is bound. It refreshes before, if the token is over, and once
   * after a 401.
   *
   * It throws `signed_out` if nobody is signed in, and `foreign_url` if the URL's origin must not see the token. An API that
   * can't be reached is
   * the error that `fetch` has for it.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    return this.calls.fetch(input, init);
  }

  /**
   * Signs out: on this device at once, whatever is under way, and then at the server. False, if the server couldn't be reached:
   * it is told later,
   * if this page lives on. With `everywhere` all of the user's sessions end; that needs the server, and an error leaves the
   * user signed in.
   */
  async logout({ everywhere = false }: { everywhere?: boolean } = {}): Promise<boolean> {
    const session = await this.#current.session();
    if (session && everywhere) {
      const token = session.refreshToken ?? session.accessToken;
      await this.#current.endpoint.post('/logout', { token, everywhere: 'true' });
      await this.#current.forget(session);
      return true;
    }
    return !session || this.#current.revoked(await this.#current.forget(session));
  }

  /**
   * Signs out, and returns the address that signs the user out of the browser too (OpenID Connect RP-Initiated Logout 1.0).
   * After a sign-in with
   * the scope `openid` that address asks nothing. `returnTo` has to be registered.
   */
  async signOutUrl({ returnTo }: { returnTo?: string } = {}): Promise<string> {
    const session = await this.#current.session();
    const url = new URL(`${this.#current.endpoint.url}/end-session`);
    url.searchParams.set('client_id', this.options.clientId);
    if (returnTo !== undefined) {
      url.searchParams.set('post_logout_redirect_uri', returnTo);
    }
    const ended = session && (await this.#current.forget(session));
    if (ended?.idToken !== undefined) {
      url.searchParams.set('id_token_hint', ended.idToken);
    }
    if (ended) {
      await this.#current.revoked(ended);
    }
    return url.href;
  }

  /** Looks at the storage: another tab may have signed in or out. */
  sync(reason?: SignedOutReason): Promise<void> {
    return this.#current.sync(reason);
  }

  /**
   * What to do when the page is seen again, or the network is back: look at the storage, and refresh if the token is over. It
   * fails in silence.
   */
  async check(): Promise<void> {
    try {
      await this.#current.revokeRest();
      await this.sync();
      if (await this.#current.session()) {
        await this.calls.usable();
      }
    } catch {
      // The next use says what is wrong.
    }
  }

  async #finished(url: string, state: string): Promise<unknown> {
    const finished = await this.#authorization.finish(url, state);
    if (finished) {
      await this.#current.begin(finished.tokens, { idToken: finished.tokens.id_token, state });
    }
    return finished?.appState;
  }
}
