/** Proofs of possession (RFC 9449) by WebCrypto, with a key of ES256 that no script can export. */

import { base64url, utf8 } from './encoding.js';
import type { ProofRequest, Prover } from './proof.js';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' };

/** A new key. Its private half can't be exported. */
export const newKey = (): Promise<CryptoKeyPair> => crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify']);

/** Makes proofs with the key that `key` returns; the same one each time. Default: a key that is gone with the page or process. */
export function dpop(key: () => Promise<CryptoKeyPair> = inMemory()): Prover {
  const publicJwk = async () => {
    const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', (await key()).publicKey);
    return { crv, kty, x, y };
  };
  return {
    // The members in the order of RFC 7638, section 3.2.
    thumbprint: async () => base64url(await sha256(JSON.stringify(await publicJwk()))),
    proof: async (request) => {
      const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: await publicJwk() };
      const parts = [header, await claims(request)].map((part) => base64url(utf8(JSON.stringify(part))));
      const message = parts.join('.');
      const signature = await crypto.subtle.sign(SIGNATURE, (await key()).privateKey, utf8(message));
      return `${message}.${base64url(new Uint8Array(signature))}`;
    },
  };
}

/** The claims of a proof (RFC 9449, section 4.2). */
async function claims({ method, url, iat, nonce, accessToken }: ProofRequest) {
  return {
    jti: crypto.randomUUID(),
    htm: method,
    htu: url.replace(/[?#].*/, ''),
    iat,
    nonce,
    ath: accessToken === undefined ? undefined : base64url(await sha256(accessToken)),
  };
}

const sha256 = async (text: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(text)));

function inMemory(): () => Promise<CryptoKeyPair> {
  let made: Promise<CryptoKeyPair> | undefined;
  return () => (made ??= newKey());
}
