// Proofs of possession (RFC 9449): this page signs its requests with a key of this browser, whose private key no script can read.

import * as calls from './calls.js';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' };
const NAME = 'dpop';

/** Whether this browser has WebCrypto, which needs https or localhost. */
export const isPossible = Boolean(globalThis.crypto?.subtle && globalThis.indexedDB);

/** The server's newest nonce. */
let nonce;
/** How many milliseconds the server's clock is ahead of this browser's. */
let skew = 0;

/** A key that can't be exported. */
export const newKey = () => crypto.subtle.generateKey(ALGORITHM, false, ['sign']);

/** This browser's key: made once, and kept in IndexedDB. */
export async function browserKey() {
  const opening = indexedDB.open('latchgate', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('keys');
  const database = await settled(opening);
  const keys = (mode) => database.transaction('keys', mode).objectStore('keys');
  try {
    const kept = await settled(keys('readonly').get(NAME));
    if (kept) {
      return kept;
    }
    // If two tabs create one at the same time, the first one's stays.
    await settled(keys('readwrite').add(await newKey(), NAME)).catch(() => {});
    return await settled(keys('readonly').get(NAME));
  } finally {
    database.close();
  }
}

/** Sends a request with a proof of this key, and again if the server asks for its nonce. Without a key, it adds no proof. */
export async function send(request, key, token) {
  if (!key) {
    return calls.send(request);
  }
  const proved = async () => {
    const headers = { ...request.headers, dpop: await proof(key, request, token) };
    const answer = await calls.send({ ...request, headers });
    nonce = answer.headers?.get('dpop-nonce') ?? nonce;
    const date = Date.parse(answer.headers?.get('date'));
    skew = Number.isNaN(date) ? skew : date - Date.now();
    return answer;
  };
  const answer = await proved();
  return answer.json?.error === 'use_dpop_nonce' ? proved() : answer;
}

/** A JWT for one request: its method, its address, and the access token that goes with it. */
async function proof(key, { method, path }, token) {
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', key.publicKey);
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } };
  const claims = {
    jti: crypto.randomUUID(),
    htm: method,
    htu: new URL(path.replace(/[?#].*/, ''), location.origin).href,
    iat: Math.floor((Date.now() + skew) / 1000),
    ...(token ? { ath: base64url(await crypto.subtle.digest('SHA-256', utf8(token))) } : { nonce }),
  };
  const message = [header, claims].map((part) => base64url(utf8(JSON.stringify(part)))).join('.');
  return `${message}.${base64url(await crypto.subtle.sign(SIGNATURE, key.privateKey, utf8(message)))}`;
}

const utf8 = (text) => new TextEncoder().encode(text);

/** Bytes as the JWTs and thumbprints have them. */
export const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

const settled = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});
