import type { Current } from './current.js';
import { json } from './endpoint.js';
import { LatchgateError } from './errors.js';
import { Refresher } from './refresh.js';
import type { Session } from './session.js';

/** An access token, and how it is sent. */
type Token = Pick<Session, 'accessToken' | 'type'>;

/** Calls with the access token. */
export class Calls {
  readonly #refresher: Refresher;
  /** By origin, the access token that it refused although it had just been refreshed for it. */
  readonly #refused = new Map<string, string>();

  constructor(
    readonly current: Current,
    readonly origins: ReadonlySet<string>,
  ) {
    this.#refresher = new Refresher(current);
  }

  /** `fetch` with the access token, and at most once more after a 401. */
  async fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const request = new Request(input, init);
    const { origin } = new URL(request.url);
    if (!this.origins.has(origin)) {
      throw new LatchgateError('foreign_url', `${origin} is not among the apis of this client.`);
    }
    const session = await this.usable(request.signal);
    const response = await this.send(request.clone(), session);
    if (response.status !== 401 || this.#refused.get(origin) === session.accessToken) {
      return response;
    }
    this.current.endpoint.clock.hear(response.headers);
    const renewed = await this.usable(request.signal, session);
    // An API that refused the token before is not asked to like the next one, which another API's 401 has brought.
    this.#refused.forEach((token, one) => token === session.accessToken && this.#refused.set(one, renewed.accessToken));
    response.body?.cancel().catch(() => {});
    const again = await this.send(request, renewed);
    if (again.status === 401) {
      this.#refused.set(origin, renewed.accessToken);
    }
    return again;
  }

  /** A session whose access token is good and, after a 401, another than the one that was refused. */
  async usable(signal?: AbortSignal, refused?: Session): Promise<Session> {
    const session = await this.current.session();
    if (!session || (refused && session.id !== refused.id)) {
      // What was asked for as one user must not be carried out as another.
      throw new LatchgateError('signed_out', 'Nobody is signed in.');
    }
    if (session.accessToken !== refused?.accessToken && !this.current.ages.isExpired(session)) {
      return session;
    }
    return unlessAborted(this.#refresher.refresh(session), signal);
  }

  /** Sends a request with this token and, if it is bound, with a proof. */
  async send(request: Request, { accessToken, type }: Token): Promise<Response> {
    const { method, url, headers } = request;
    const { clock, prover } = this.current.endpoint;
    if (type === 'DPoP') {
      const iat = Math.floor(clock.now() / 1000);
      headers.set('DPoP', (await prover?.proof({ method, url, iat, accessToken })) ?? '');
    }
    headers.set('Authorization', `${type === 'DPoP' ? 'DPoP' : 'Bearer'} ${accessToken}`);
    return fetch(request);
  }

  /** Calls an endpoint of Latchgate's behind the authorizer, with this token if one is named. */
  async call(path: string, init?: RequestInit, token?: Token): Promise<Record<string, unknown>> {
    const url = this.current.endpoint.url + path;
    const sent = token ? this.send(new Request(url, init), token) : this.fetch(url, init);
    const response = await sent.catch((cause: unknown) => {
      throw cause instanceof LatchgateError ? cause : new LatchgateError('network_error', `No answer from ${url}.`, { cause });
    });
    return json(response);
  }
}

/** The caller may stop waiting. What it waited for goes on. The signal is of one request, and is gone with it. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) {
    return promise;
  }
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) {
      abort();
    }
    signal.addEventListener('abort', abort);
    promise.then(resolve, reject);
  });
}
