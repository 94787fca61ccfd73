// Verifies an access token of a running Latchgate with jose and aws-jwt-verify, and RS256 also as API Gateway does.
//
// Each must take the genuine token and refuse three forgeries, each for the reason that it was forged for: a verifier
// that is called wrongly also refuses, and one that checks nothing also takes the genuine token.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { JwtVerifier } from 'aws-jwt-verify';
import { JwtInvalidAudienceError, JwtInvalidIssuerError, JwtInvalidSignatureError } from 'aws-jwt-verify/error';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';

import { authorize, issuerKeys } from './api_gateway.mjs';

const AUDIENCE = 'api';
/** RFC 9068 section 2.1. */
const TYPE = 'at+jwt';
/** Of a request, in milliseconds: the server is on this machine. */
const PATIENCE = 10_000;
/** Of an RSA, an EC and an OKP key, and of a symmetric one (RFC 7518 section 6, RFC 8037 section 2). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

const issuer = environment('LATCHGATE_URL');
const algorithm = environment('LATCHGATE_ALGORITHM');

const token = await login();
const configuration = await (await fetched(`${issuer}/.well-known/openid-configuration`)).json();
assert.equal(configuration.issuer, issuer, 'the configuration names its issuer exactly');
await checkKeys();
await check(`jose ${version('jose')}`, withJose(), {
  signature: { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' },
  audience: { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED', claim: 'aud' },
  issuer: { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED', claim: 'iss' },
});
await check(`aws-jwt-verify ${version('aws-jwt-verify')}`, withAwsJwtVerify(), {
  signature: JwtInvalidSignatureError,
  audience: JwtInvalidAudienceError,
  issuer: JwtInvalidIssuerError,
});
if (algorithm === 'RS256') {
  await checkApiGateway();
}

/** Whether one library takes the token, and the forgeries not; `reasons` is what it has to say to each of them. */
async function check(name, verify, reasons) {
  const claims = await verify(token, { issuer, audience: AUDIENCE });
  assert.equal(claims.iss, issuer);
  assert.equal(claims.client_id, environment('LATCHGATE_CLIENT_ID'));
  const forgeries = {
    signature: () => verify(withChangedSignature(token), { issuer, audience: AUDIENCE }),
    audience: () => verify(token, { issuer, audience: 'another-api' }),
    issuer: () => verify(token, { issuer: 'https://another.example', audience: AUDIENCE }),
  };
  for (const [forged, verifying] of Object.entries(forgeries)) {
    await assert.rejects(verifying, reasons[forged], `${name}: a forged ${forged}`);
  }
  console.log(`${name}: ${algorithm} verified, ${Object.keys(forgeries).length} forgeries refused`);
}

/** As its documentation has it: the keys come from the address that the issuer names. */
function withJose() {
  const keys = createRemoteJWKSet(new URL(configuration.jwks_uri));
  return async (jwt, { issuer, audience }) => {
    const options = { issuer, audience, typ: TYPE, algorithms: [algorithm] };
    return (await jwtVerify(jwt, keys, options)).payload;
  };
}

/**
 * It fetches keys only over https, so it gets a custom fetcher, which is the library's option for that. (`cacheJwks`
 * takes keys as well, but doesn't look at them; what a fetcher brings is parsed and checked.)
 */
function withAwsJwtVerify() {
  const overHttp = { fetch: async (url) => (await fetched(url)).arrayBuffer() };
  const jwksCache = new SimpleJwksCache({ fetcher: overHttp });
  return (jwt, { issuer, audience }) => {
    const customJwtCheck = ({ header }) => assert.equal(header.typ, TYPE);
    const { jwks_uri: jwksUri } = configuration;
    return JwtVerifier.create({ issuer, audience, jwksUri, customJwtCheck }, { jwksCache }).verify(jwt);
  };
}

/** What a library may only see of the keys, and what it needs to find the right one. */
async function checkKeys() {
  const { keys } = await (await fetched(configuration.jwks_uri)).json();
  assert.equal(new Set(keys.map((key) => key.kid)).size, keys.length, 'each key has a different kid');
  for (const key of keys) {
    assert.deepEqual(PRIVATE_MEMBERS.filter((member) => member in key), [], 'a published key is public');
    assert.equal(key.use, 'sig');
  }
  const { alg, kid, typ } = decodeProtectedHeader(token);
  assert.deepEqual({ alg, typ }, { alg: algorithm, typ: TYPE });
  assert.equal(keys.find((key) => key.kid === kid)?.alg, algorithm, 'the key names the algorithm of its tokens');
}

/** API Gateway can't be asked from here, so its documented steps are taken, and each must be able to refuse. */
async function checkApiGateway() {
  const get = async (url) => (await fetched(url)).json();
  const keys = await issuerKeys(issuer, get);
  const now = Date.now() / 1000;
  const { exp } = authorize(token, { issuer, audiences: [AUDIENCE], keys, now });
  const elsewhere = issuer.replace('127.0.0.1', 'localhost');
  const refusals = {
    signature: () => authorize(withChangedSignature(token), { issuer, audiences: [AUDIENCE], keys, now }),
    kid: () => authorize(token, { issuer, audiences: [AUDIENCE], keys: [], now }),
    iss: () => authorize(token, { issuer: 'https://another.example', audiences: [AUDIENCE], keys, now }),
    aud: () => authorize(token, { issuer, audiences: ['another-api'], keys, now }),
    exp: () => authorize(token, { issuer, audiences: [AUDIENCE], keys, now: exp }),
    iat: () => authorize(token, { issuer, audiences: [AUDIENCE], keys, now: now - 3600 }),
    // The very same documents, asked for by another name of the machine.
    issuer: () => issuerKeys(elsewhere, (url) => get(url.replace(elsewhere, issuer))),
  };
  for (const [step, taking] of Object.entries(refusals)) {
    await assert.rejects(async () => taking(), { step }, `API Gateway's step: ${step}`);
  }
  const refused = Object.keys(refusals).length;
  console.log(`API Gateway's JWT authorizer, as documented: ${algorithm} verified, ${refused} forgeries refused`);
}

/** A document of the server, with the headers that caches and parsers rely on. */
async function fetched(url) {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(PATIENCE) });
  assert.equal(response.status, 200, url);
  assert.match(response.headers.get('content-type') ?? '', /^application\/json\s*(;|$)/, url);
  assert.match(response.headers.get('cache-control') ?? '', /(^|[\s,])max-age=[1-9]\d*($|[\s,])/, url);
  return response;
}

async function login() {
  const body = new URLSearchParams({
    client_id: environment('LATCHGATE_CLIENT_ID'),
    username: environment('LATCHGATE_USERNAME'),
    password: environment('LATCHGATE_PASSWORD'),
  });
  const response = await fetch(`${issuer}/login`, { method: 'POST', body, signal: AbortSignal.timeout(PATIENCE) });
  assert.equal(response.status, 200, 'POST /login');
  return (await response.json()).access_token;
}

/** In the middle, where every bit counts: the last character of base64url may have unused bits. */
function withChangedSignature(jwt) {
  const [header, payload, signature] = jwt.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  bytes[bytes.length >> 1] ^= 1;
  return [header, payload, bytes.toString('base64url')].join('.');
}

function environment(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set`);
  return value;
}

function version(library) {
  const manifest = new URL(`node_modules/${library}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}
