// Logs in at a running Latchgate, forges tokens with its own keys, and prints all of them as JSON: name, token, and whether a
// verifier has to take it.

import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { SignJWT, base64url, decodeJwt, decodeProtectedHeader, exportSPKI, generateKeyPair, importJWK } from 'jose';

const { LATCHGATE_URL: issuer, LATCHGATE_KEYSET: keyset } = process.env;

const genuine = await login();
const header = decodeProtectedHeader(genuine);
const claims = decodeJwt(genuine);
const [jwk] = JSON.parse(readFileSync(keyset, 'utf8')).signing_keys;
if (jwk.kid !== header.kid) throw new Error('the keyset is not that of the token');
const { d, ...publicJwk } = jwk;
const key = await importJWK(jwk, 'ES256');
const another = (await generateKeyPair('ES256', { extractable: true })).privateKey;
const now = Math.floor(Date.now() / 1000);
const [head, body, signature] = genuine.split('.');

const tokens = [
  { name: 'what login issued', token: genuine, good: true },
  { name: 'one that is forged without a change', token: await forged({}), good: true },
  { name: 'one that expired a minute ago', token: await forged({ exp: now - 60 }) },
  { name: 'one without exp', token: await forged({ exp: undefined }) },
  { name: 'one for another audience', token: await forged({ aud: 'another-api' }) },
  { name: 'one for a change of password', token: await forged({ aud: `${issuer}/password` }) },
  { name: 'one for no audience', token: await forged({ aud: undefined }) },
  { name: 'one of another issuer', token: await forged({ iss: 'https://another.example' }) },
  { name: 'one of an issuer with a slash', token: await forged({ iss: `${issuer}/` }) },
  { name: 'one of two issuers', token: await forged({ iss: [issuer, 'https://another.example'] }) },
  { name: 'one of no issuer', token: await forged({ iss: undefined }) },
  { name: 'one of no user', token: await forged({ sub: undefined }) },
  { name: 'one of no session', token: await forged({ sid: undefined }) },
  { name: 'an ID token', token: await forged({}, { typ: 'JWT' }) },
  { name: 'one without a type', token: await forged({}, { typ: undefined }) },
  { name: 'one with a critical header', token: await signedRaw({ ...header, crit: ['future'], future: 1 }) },
  { name: 'alg none', token: `${encoded({ ...header, alg: 'none' })}.${body}.` },
  { name: 'HS256 with the public key as JWK', token: hmac(JSON.stringify(publicJwk)) },
  { name: 'HS256 with the public key as PEM', token: hmac(await exportSPKI(await importJWK(publicJwk, 'ES256'))) },
  { name: 'a changed claim', token: [head, encoded({ ...claims, sub: 'somebody-else' }), signature].join('.') },
  { name: 'a changed signature', token: [head, body, changed(signature)].join('.') },
  { name: 'no signature', token: `${head}.${body}.` },
  { name: 'the signature of another key', token: await forged({}, {}, another) },
  { name: 'an unknown kid', token: await forged({}, { kid: randomUUID() }, another) },
  { name: 'an unknown kid on a genuine signature', token: await forged({}, { kid: randomUUID() }) },
  { name: 'a key of its own in the header', token: await forged({}, { kid: 'own', jwk: await publicOf() }, another) },
  { name: 'no token', token: '' },
  { name: 'no JWT', token: 'a.b.c' },
  { name: 'a refresh token', token: 'lgr1_AAAA' },
];
console.log(JSON.stringify(tokens.map(({ good = false, ...rest }) => ({ good, ...rest }))));

/** A token with these claims and header members changed, `undefined` left out. */
function forged(changes, headers = {}, by = key) {
  return new SignJWT(defined({ ...claims, ...changes })).setProtectedHeader(defined({ ...header, ...headers })).sign(by);
}

function defined(members) {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** Signs what jose wouldn't: it refuses a `crit` that it doesn't know. */
function signedRaw(raw) {
  const text = `${encoded(raw)}.${body}`;
  const { subtle } = globalThis.crypto;
  return subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, new TextEncoder().encode(text))
    .then((bytes) => `${text}.${base64url.encode(new Uint8Array(bytes))}`);
}

function hmac(secret) {
  const text = `${encoded({ ...header, alg: 'HS256' })}.${body}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

/** In the middle, where every bit counts. */
function changed(text) {
  const bytes = Buffer.from(text, 'base64url');
  bytes[bytes.length >> 1] ^= 1;
  return bytes.toString('base64url');
}

async function publicOf() {
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', another);
  return { kty, crv, x, y };
}

function encoded(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

async function login() {
  const { LATCHGATE_CLIENT_ID: client_id, LATCHGATE_USERNAME: username, LATCHGATE_PASSWORD: password } = process.env;
  const body = new URLSearchParams({ client_id, username, password });
  const answer = await fetch(`${issuer}/login`, { method: 'POST', body });
  if (answer.status !== 200) throw new Error(`POST /login: ${answer.status}`);
  return (await answer.json()).access_token;
}
