/** What Latchgate's API takes and answers, as `openapi.yaml` has it. A check of the project compares the two. */

/** The answer of `/token` (RFC 6749, section 5.1). Those of `/login`, `/refresh` and `/password` always have a refresh token. */
export interface GrantedTokens {
  access_token: string;
  token_type: 'bearer' | 'DPoP';
  expires_in: number;
  refresh_token?: string;
  refresh_token_expires_in?: number;
  /** Of `/token` alone (OpenID Connect Core, section 3.1.3.3). */
  id_token?: string;
  scope?: string;
}

/** The 403 of `/login` for a user who has to change the password first. */
export interface PasswordExpired {
  error: 'password_expired';
  error_description: string;
  access_token: string;
  token_type: 'bearer' | 'DPoP';
  expires_in: number;
}

/** A signed-in device. Instants are seconds since the Unix epoch. */
export interface Device {
  session_id: string;
  client_id: string;
  device_name?: string;
  address?: string;
  user_agent?: string;
  scope?: string;
  created_at: number;
  last_used_at: number;
  expires_at: number;
  /** Whether its refresh token is bound to a key of the device. */
  dpop_bound: boolean;
  /** Whether it is the device that asks. */
  current: boolean;
}

/** A page of the list of devices. */
export interface DeviceList {
  sessions: Device[];
  next_cursor?: string;
}

/** The error codes of the API. */
export type ApiErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'invalid_scope'
  | 'invalid_target'
  | 'unsupported_grant_type'
  | 'access_denied'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'unauthorized'
  | 'unauthorized_client'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'password_rejected'
  | 'not_found'
  | 'server_error'
  | 'temporarily_unavailable';
