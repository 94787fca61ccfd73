/** The core: it knows neither browsers nor storage nor keys. `latchgate/browser` puts it together with those of a browser. */

export type { SignInOptions } from './authorization.js';
export { Client, type ClientOptions, type LoginOptions, type SignedIn } from './client.js';
export type { Crypto } from './encoding.js';
export { LatchgateError, type AuthorizationErrorCode, type ClientErrorCode, type ErrorCode } from './errors.js';
export type { Events, SignedOutReason } from './events.js';
export type { Prover, ProofRequest } from './proof.js';
export type { User } from './session.js';
export { memoryStorage, type Storage } from './storage.js';
export type { ApiErrorCode, Device, DeviceList, GrantedTokens, PasswordExpired } from './wire.js';
