import { claimsOf } from './encoding.js';
import { LatchgateError } from './errors.js';

/** Seconds by which the clocks of server and device may differ. */
const TOLERANCE = 300;

/** What an ID token has to say. */
export interface Expected {
  issuer: string;
  clientId: string;
  nonce: string;
  /** Seconds since the Unix epoch, on the server's clock. */
  now: number;
  /** Seconds since the user gave a password, at most. */
  maxAge?: number | undefined;
}

/**
 * The claims of an ID token (OpenID Connect Core, section 3.1.3.7).
 *
 * It came from the token endpoint over TLS, so TLS stands for its signature (rule 6).
 */
export function checked(idToken: string | undefined, expected: Expected): Record<string, unknown> {
  const claims = claimsOf(idToken ?? '') ?? {};
  const { iss, sub, aud, azp, exp, iat, nonce, auth_time: authTime } = claims;
  const isWithin = (time: unknown, age: number) => typeof time === 'number' && expected.now - time <= age + TOLERANCE;
  const audiences = Array.isArray(aud) ? aud : [aud];
  const rules: [string, boolean][] = [
    ['iss', iss === expected.issuer],
    ['sub', typeof sub === 'string' && sub !== ''],
    ['aud', audiences.includes(expected.clientId)],
    ['azp', azp === expected.clientId || (azp === undefined && audiences.length === 1)],
    ['exp', isWithin(exp, 0)],
    ['iat', typeof iat === 'number' && iat - expected.now <= TOLERANCE],
    ['nonce', nonce === expected.nonce],
    ['auth_time', expected.maxAge === undefined || isWithin(authTime, expected.maxAge)],
  ];
  const broken = rules.find(([, holds]) => !holds);
  if (broken) {
    throw new LatchgateError('invalid_id_token', `The ID token's ${broken[0]} is missing or wrong.`);
  }
  return claims;
}
