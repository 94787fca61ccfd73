import type { ApiErrorCode } from './wire.js';

/**
 * The error codes with which `/authorize` sends the browser back (RFC 6749, section 4.1.2.1; OpenID Connect Core, section
 * 3.1.2.6).
 */
export type AuthorizationErrorCode =
  | 'access_denied'
  | 'consent_required'
  | 'interaction_required'
  | 'login_required'
  | 'unauthorized_client'
  | 'unsupported_response_type';

/** The error codes of this library. */
export type ClientErrorCode =
  /** There is no session, or it has just ended. Ask the user to sign in. */
  | 'signed_out'
  /** No answer: offline, DNS, TLS, CORS. The session goes on. */
  | 'network_error'
  /** An answer that isn't Latchgate's, as of a captive portal. The session goes on. */
  | 'unexpected_response'
  /** The callback's `state`, `iss` or `code` isn't that of a sign-in that began here. */
  | 'invalid_callback'
  /** A claim of the ID token is wrong. The session was ended. */
  | 'invalid_id_token'
  /** The storage failed. What was to be stored was revoked. */
  | 'storage_failed'
  /** The URL is of an origin that is neither the issuer's nor among `apis`: it must not see the token. */
  | 'foreign_url';

/** Every code that a {@link LatchgateError} may have. */
export type ErrorCode = ApiErrorCode | AuthorizationErrorCode | ClientErrorCode | 'password_expired';

/** What an error may say beside its code. */
export interface ErrorDetails {
  cause?: unknown;
  status?: number;
  retryAfter?: number;
  accessToken?: ExpiredToken;
}

/** The access token of `password_expired`, good for `POST /password` alone. */
export interface ExpiredToken {
  accessToken: string;
  type: 'bearer' | 'DPoP';
}

/** The one class of errors of this library. Read `code`; the message is for people, and may change. */
export class LatchgateError extends Error {
  override readonly name = 'LatchgateError';
  readonly code: ErrorCode;
  /** The HTTP status, if there was an answer. */
  readonly status: number | undefined;
  /** After how many seconds to try again, if the server says so. */
  readonly retryAfter: number | undefined;
  /** With `password_expired`: what `changePassword` needs. Not enumerable, so that no log has it. */
  declare readonly accessToken: ExpiredToken | undefined;

  constructor(code: ErrorCode, message: string, { cause, status, retryAfter, accessToken }: ErrorDetails = {}) {
    super(message, { cause });
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
    Object.defineProperty(this, 'accessToken', { value: accessToken });
  }

  /** Whether the same request may succeed later: nothing is wrong with the session, nor with the request. */
  get isTemporary(): boolean {
    return ['network_error', 'unexpected_response', 'temporarily_unavailable', 'server_error'].includes(this.code);
  }
}
