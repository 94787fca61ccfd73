// What API Gateway's built-in JWT authorizer does with a token, written out: only AWS runs it.
//
// The steps are those of "Control access to HTTP APIs with JWT authorizers" in the API Gateway Developer Guide:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html

import { createPublicKey, verify } from 'node:crypto';

/** "Currently, only RSA-based algorithms are supported." */
const DIGESTS = { RS256: 'sha256', RS384: 'sha384', RS512: 'sha512' };

/** The step that didn't let something through. */
class Refused extends Error {
  constructor(step, found) {
    super(`${step}: ${JSON.stringify(found)}`);
    this.step = step;
  }
}

/**
 * The keys of an issuer, found from its name alone: the name is all that an authorizer is configured with. That the
 * document names the same issuer is asked by OpenID Connect Discovery 1.0 section 4.3.
 */
export async function issuerKeys(issuer, get) {
  const configuration = await get(`${issuer}/.well-known/openid-configuration`);
  must(configuration.issuer === issuer, 'issuer', configuration.issuer);
  must(typeof configuration.jwks_uri === 'string', 'jwks_uri', configuration.jwks_uri);
  return (await get(configuration.jwks_uri)).keys;
}

/** The claims of a token that gets through; `now` is in seconds. */
export function authorize(token, { issuer, audiences, keys, now }) {
  const [header, payload, signature] = token.split('.');
  const { alg, kid } = decoded(header);
  must(alg in DIGESTS, 'alg', alg);

  const jwk = keys.find((key) => kid !== undefined && key.kid === kid);
  must(jwk?.kty === 'RSA', 'kid', kid);
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const signed = Buffer.from(`${header}.${payload}`);
  must(verify(DIGESTS[alg], signed, key, Buffer.from(signature, 'base64url')), 'signature', signature);

  const claims = decoded(payload);
  must(claims.iss === issuer, 'iss', claims.iss);
  // "API Gateway validates client_id only if aud is not present."
  const meant = [claims.aud ?? claims.client_id].flat();
  must(meant.some((audience) => audiences.includes(audience)), 'aud', meant);
  must(claims.exp > now, 'exp', claims.exp);
  must(claims.nbf === undefined || claims.nbf <= now, 'nbf', claims.nbf);
  must(claims.iat === undefined || claims.iat <= now, 'iat', claims.iat);
  return claims;
}

function must(holds, step, found) {
  if (!holds) {
    throw new Refused(step, found);
  }
}

function decoded(part) {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}
