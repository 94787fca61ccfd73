/**
 * A backend for frontends (RFC 10017, section 6.1): the server signs the user in and keeps the tokens, and the page has a
 * cookie that no script can read.
 *
 * It speaks `Request` and `Response`, as Node, Deno and most frameworks do.
 */

import { Client, type ClientOptions } from './client.js';
import { base64url, objectIn, utf8, webCrypto } from './encoding.js';
import { LatchgateError } from './errors.js';
import type { User } from './session.js';
import { memoryStorage, type Storage } from './storage.js';

/** The session's cookie (section 6.1.3.2): of this host, unreadable, and never sent along from another site. */
const SESSION = '__Host-Http-session';
/** That of a sign-in under way, which has to come along when the browser comes back from the issuer. */
const SIGN_IN = '__Host-Http-sign-in';
/**
 * The header that a page has to send (section 6.1.3.3): a page of another origin would need a permission for it that it doesn't
 * get.
 */
const CSRF = 'X-CSRF';
const NOT_OWN = 'The header X-CSRF is missing.';
/** Bytes of a cookie of sign-ins: browsers drop one of more than 4,096. Beyond, the newest sign-in alone is kept. */
const MOST_CARRIED = 3500;
/** How many clients are kept at hand. The storage has what is forgotten. */
const MOST = 1000;

/** A request, of which only its headers are read. */
export interface Asked {
  headers: Pick<Headers, 'get'>;
}

/** How a backend is made. */
export interface BackendOptions extends Omit<ClientOptions, 'clientSecret' | 'storage' | 'redirectUri' | 'onChange'> {
  /** A backend is a confidential client (section 6.1.3.1): without its secret nobody can trade a code that a script has got hold of. */
  clientSecret: string;
  /** Where the sessions of all browsers are kept. All processes share it. */
  storage: Storage;
  /** The origin of this app, as browsers have it. */
  origin: string;
  /** Below which path its own endpoints are. Default: `/auth`. */
  path?: string;
}

/** A backend for frontends. */
export class Backend {
  readonly #options: BackendOptions;
  readonly #path: string;
  readonly #clients = new Map<string, Client>();

  constructor(options: BackendOptions) {
    if (!options.clientSecret) {
      throw new LatchgateError('invalid_request', 'A backend needs a clientSecret.');
    }
    this.#options = options;
    this.#path = options.path ?? '/auth';
  }

  /**
   * Answers the requests below its path; undefined for all others.
   *
   * - `GET sign-in?return_to=/path` sends the browser to sign in, and then to that path of this app.
   * - `GET callback` is the redirect URI to register.
   * - `GET user` is who is signed in, or a 401.
   * - `POST sign-out` ends the session.
   *
   * The last two take the header `X-CSRF: 1`, which a page of another origin can't send.
   */
  async handle(request: Request): Promise<Response | undefined> {
    const { pathname, searchParams } = new URL(request.url);
    const isSafe = request.method === 'GET';
    switch (`${request.method} ${pathname}`) {
      case `GET ${this.#path}/sign-in`:
        return this.#signIn(request, searchParams.get('return_to') ?? '/');
      case `GET ${this.#path}/callback`:
        return this.#callback(request);
      case `GET ${this.#path}/user`:
        return this.isOwn(request) ? this.#user(request) : text(403, NOT_OWN);
      case `POST ${this.#path}/sign-out`:
        return this.isOwn(request) ? this.#signOut(request) : text(403, NOT_OWN);
      default:
        return pathname.startsWith(`${this.#path}/`) ? text(isSafe ? 404 : 405, 'There is nothing here.') : undefined;
    }
  }

  /**
   * The client of the browser that sent a request with these headers; undefined, if it has no session. Its `fetch` has the
   * user's access token.
   */
  clientOf(request: Asked): Client | undefined {
    const id = cookie(request, SESSION) ?? '';
    // 32 bytes, or it is none of ours.
    return /^[\w-]{43}$/.test(id) ? this.#client(id) : undefined;
  }

  /**
   * Whether the request is of a page of this app. Ask before anything that changes something, or that reads by the user's
   * token.
   */
  isOwn(request: Asked): boolean {
    return request.headers.get(CSRF) === '1';
  }

  /** What the sign-in needs when it comes back is in a cookie: a stranger who begins many of them fills no storage. */
  async #signIn(request: Request, returnTo: string): Promise<Response> {
    const begun = async (values: Map<string, string>) => {
      const url = await this.#over(values).signInUrl({ appState: this.#own(returnTo) });
      return { url, carried: carry(values) };
    };
    let { url, carried } = await begun(carriedBy(request));
    if (carried.length > MOST_CARRIED) {
      ({ url, carried } = await begun(new Map()));
    }
    return new Response(null, { status: 303, headers: { Location: url, 'Set-Cookie': carried, 'Cache-Control': 'no-store' } });
  }

  async #callback(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const values = carriedBy(request);
    let signedIn;
    try {
      signedIn = await this.#over(values).handleCallback(this.#options.origin + pathname + search);
    } catch (error) {
      return text(400, `Not signed in: ${error instanceof LatchgateError ? error.code : 'server_error'}.`);
    }
    if (!signedIn) {
      return text(400, 'This is no callback.');
    }
    const id = base64url(webCrypto.random(32));
    const session = [...values].filter(([name]) => name.startsWith('session '));
    for (const [name, value] of session) {
      await this.#options.storage.update(`${id} ${name}`, () => value);
      values.delete(name);
    }
    // The browser forgets its earlier session. It has shown it only if the issuer is of the same site: the cookie is Strict.
    await this.clientOf(request)?.logout().catch(() => false);
    // A page that goes on by itself: after a redirect from another site the browser would keep back a cookie that is Strict.
    const to = escaped(this.#own(String(signedIn.appState)));
    const page = `<!doctype html><title>Signed in</title><meta http-equiv="refresh" content="0;url=${to}"><a href="${to}">Go on</a>`;
    const response = new Response(page, { headers: { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' } });
    response.headers.append('Set-Cookie', set(SESSION, id, 'Strict'));
    response.headers.append('Set-Cookie', values.size > 0 ? carry(values) : gone(SIGN_IN));
    return response;
  }

  async #user(request: Request): Promise<Response> {
    const user = await this.clientOf(request)?.user();
    const headers = { 'Cache-Control': 'no-store' };
    return user ? Response.json(user, { headers }) : Response.json({ error: 'signed_out' }, { status: 401, headers });
  }

  /** Ends the session, and says where the browser can be signed out at the issuer too. */
  async #signOut(request: Request): Promise<Response> {
    const client = this.clientOf(request);
    this.#clients.delete(cookie(request, SESSION) ?? '');
    const url = await client?.signOutUrl({ returnTo: `${this.#options.origin}/` });
    const response = Response.json({ url }, { headers: { 'Cache-Control': 'no-store' } });
    response.headers.append('Set-Cookie', gone(SESSION));
    return response;
  }

  /** The client of a session. It is kept at hand, so that the calls of a page share one refresh. */
  #client(id: string): Client {
    const { storage } = this.#options;
    const client = this.#clients.get(id) ?? this.#made(scoped(storage, id));
    this.#clients.delete(id);
    this.#clients.set(id, client);
    const oldest = this.#clients.keys().next();
    if (this.#clients.size > MOST && !oldest.done) {
      this.#clients.delete(oldest.value);
    }
    return client;
  }

  /** A client whose storage is this map. */
  #over(values: Map<string, string>): Client {
    return this.#made(memoryStorage(values));
  }

  #made(storage: Storage): Client {
    const { origin, path: _, ...options } = this.#options;
    return new ServedClient({ ...options, redirectUri: `${origin}${this.#path}/callback`, storage });
  }

  /** A path of this app, and never another site's address. */
  #own(path: string): string {
    const { origin } = new URL(this.#options.origin);
    const url = URL.canParse(path, origin) ? new URL(path, origin) : undefined;
    return url?.origin === origin ? url.pathname + url.search + url.hash : '/';
  }
}

/** A client whose session another process may have ended or refreshed: it looks at the storage first. */
class ServedClient extends Client {
  override async user(): Promise<User | undefined> {
    await this.sync();
    return super.user();
  }

  override async fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    await this.sync();
    return super.fetch(input, init);
  }
}

/** The part of a storage that belongs to a cookie. After the session's end nothing is kept: the next one has another cookie. */
const scoped = (storage: Storage, id: string): Storage => ({
  read: (name) => storage.read(`${id} ${name}`),
  update: (name, change) =>
    storage.update(`${id} ${name}`, (value) => {
      const next = change(value);
      return objectIn(next ?? '')?.session ? next : undefined;
    }),
});

function cookie(request: Asked, name: string): string | undefined {
  const pairs = (request.headers.get('Cookie') ?? '').split(/; */);
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** The cookie that carries the sign-ins of a browser, of each of its tabs one. */
const carry = (values: Map<string, string>) =>
  `${set(SIGN_IN, base64url(utf8(JSON.stringify([...values]))), 'Lax')}; Max-Age=3600`;

/** What that cookie carries. Only the browser itself can have changed it, and then it signs nobody in. */
function carriedBy(request: Asked): Map<string, string> {
  try {
    const value = cookie(request, SIGN_IN) ?? '';
    const bytes = Uint8Array.from(atob(value.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
    return new Map(JSON.parse(new TextDecoder().decode(bytes)) as [string, string][]);
  } catch {
    return new Map();
  }
}

const set = (name: string, value: string, sameSite: 'Strict' | 'Lax') =>
  `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=${sameSite}`;
const gone = (name: string) => `${name}=; Path=/; Secure; HttpOnly; Max-Age=0`;

const text = (status: number, body: string) => new Response(body, { status, headers: { 'Cache-Control': 'no-store' } });

const escaped = (value: string) =>
  value.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll("'", '&#39;');
