import { ServerClock } from './clock.js';
import { objectIn } from './encoding.js';
import { LatchgateError, type ErrorCode } from './errors.js';
import type { Prover } from './proof.js';
import type { GrantedTokens } from './wire.js';

/** The codes for answers that don't have one, such as an HTTP API's own. */
const BY_STATUS: Record<number, ErrorCode> = {
  401: 'unauthorized',
  403: 'insufficient_scope',
  404: 'not_found',
  429: 'temporarily_unavailable',
  500: 'server_error',
  502: 'temporarily_unavailable',
  503: 'temporarily_unavailable',
  504: 'temporarily_unavailable',
};

type Json = Record<string, unknown>;

/** How a request is sent. */
export interface Manner {
  headers?: Record<string, string>;
  /** Without a proof, although there is a key. */
  unproved?: boolean;
}

/** Latchgate's own endpoints that take a form and no access token. */
export class Endpoint {
  readonly clock = new ServerClock();
  #nonce: string | undefined;

  constructor(
    readonly url: string,
    readonly clientId: string,
    readonly clientSecret: string | undefined,
    readonly prover: Prover | undefined,
  ) {}

  /**
   * Sends a form, with a proof of the key if there is one, and once more if the server wants its nonce in it (RFC 9449, section
   * 8).
   */
  async post(path: string, fields: Record<string, string | undefined>, manner: Manner = {}): Promise<Json> {
    try {
      return await this.#once(path, fields, manner);
    } catch (error) {
      if (error instanceof LatchgateError && error.code === 'use_dpop_nonce') {
        return this.#once(path, fields, manner);
      }
      throw error;
    }
  }

  /** The same, where tokens are the answer. */
  async tokens(path: string, fields: Record<string, string | undefined>, manner?: Manner): Promise<GrantedTokens> {
    return grantedTokens(await this.post(path, fields, manner));
  }

  async #once(path: string, fields: Record<string, string | undefined>, { headers, unproved }: Manner): Promise<Json> {
    const url = this.url + path;
    const sent = new Headers(headers);
    const form = new URLSearchParams();
    const client = this.clientSecret === undefined ? { client_id: this.clientId } : {};
    for (const [name, value] of Object.entries({ ...client, ...fields })) {
      if (value !== undefined) {
        form.set(name, value);
      }
    }
    if (this.clientSecret !== undefined) {
      const pair = [this.clientId, this.clientSecret].map(encodeURIComponent).join(':');
      sent.set('Authorization', `Basic ${btoa(pair)}`);
    }
    if (this.prover && !unproved) {
      const iat = Math.floor(this.clock.now() / 1000);
      sent.set('DPoP', await this.prover.proof({ method: 'POST', url, iat, nonce: this.#nonce }));
    }
    sent.set('Content-Type', 'application/x-www-form-urlencoded');
    const response = await answered(url, { method: 'POST', headers: sent, body: form.toString() });
    this.clock.hear(response.headers);
    this.#nonce = response.headers.get('DPoP-Nonce') ?? this.#nonce;
    return json(response);
  }
}

/** An answer of Latchgate's. No cookie goes along, and a redirect is no answer of it. */
async function answered(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, credentials: 'omit', cache: 'no-store', redirect: 'error' });
  } catch (cause) {
    throw new LatchgateError('network_error', `No answer from ${url}.`, { cause });
  }
}

/** The body of a success, which is empty where there is none to be had; an error as what it is. */
export async function json(response: Response): Promise<Json> {
  const text = await response.text().catch((cause: unknown) => {
    throw new LatchgateError('network_error', `The answer of ${response.url} broke off.`, { cause });
  });
  const body = objectIn(text);
  if (response.ok && (body || text === '')) {
    return body ?? {};
  }
  throw errorOf(response, body);
}

function errorOf({ status, headers, url }: Response, body: Json | undefined): LatchgateError {
  const code = typeof body?.error === 'string' ? (body.error as ErrorCode) : BY_STATUS[status];
  const seconds = Number.parseInt(headers.get('Retry-After') ?? '');
  const details = { status, ...(seconds >= 0 && { retryAfter: seconds }) };
  if (code === undefined) {
    return new LatchgateError('unexpected_response', `${url} answered ${status}, not as Latchgate does.`, details);
  }
  const description = typeof body?.error_description === 'string' ? body.error_description : `${url} answered ${status}.`;
  if (code === 'password_expired' && body) {
    const { access_token: accessToken, token_type: type } = grantedTokens(body);
    return new LatchgateError(code, description, { ...details, accessToken: { accessToken, type } });
  }
  return new LatchgateError(code, description, details);
}

/** These tokens, if they are all that they have to be. */
export function grantedTokens(body: Json): GrantedTokens {
  const { access_token: token, token_type: type, expires_in: expiresIn } = body;
  const isBearer = String(type).toLowerCase() === 'bearer';
  if (typeof token !== 'string' || !(isBearer || type === 'DPoP') || typeof expiresIn !== 'number') {
    throw new LatchgateError('unexpected_response', 'The answer has no tokens.');
  }
  return body as unknown as GrantedTokens;
}
