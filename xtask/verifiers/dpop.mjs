// Tokens that are bound to a key (RFC 9449) in the hands of oauth4webapi, of openid-client, of fetch with the package dpop, and of a thief.
//
// The login is first-party and no OAuth client's: dpop makes its proof. From its tokens on, everything is the library's.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import * as dpop from 'dpop';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';

/** Of a request, in milliseconds. */
const PATIENCE = 60_000;
/** In seconds. */
const DAY = 86_400;

const issuer = environment('LATCHGATE_URL');
const clientId = environment('LATCHGATE_CLIENT_ID');
const needsNonce = environment('LATCHGATE_DPOP_NONCE') === 'always';
const rightNow = Date.now;

/** The errors of the answers, and null of a good one: libraries send a request again without a word. */
let heard = [];
const send = globalThis.fetch;
globalThis.fetch = async (...request) => {
  const response = await send(...request);
  heard.push(response.ok ? null : (await response.clone().json()).error);
  return response;
};

const clients = { oauth4webapi: withOauth4webapi, 'openid-client': withOpenidClient, dpop: withDpop };
for (const [name, library] of Object.entries(clients)) {
  for (const algorithm of ['ES256', 'Ed25519', 'RS256']) {
    await check(`${name} ${version(name)}, ${algorithm}`, library, algorithm, 0);
  }
}
// dpop has no way to correct the time, so its calls need a clock that is right.
for (const name of ['oauth4webapi', 'openid-client']) {
  for (const ahead of [-DAY, DAY]) {
    Date.now = () => rightNow() + ahead * 1000;
    await check(`${name} ${version(name)}, a clock a day ${ahead < 0 ? 'behind' : 'ahead'}`, clients[name], 'ES256', ahead);
    Date.now = rightNow;
  }
}

/** A session from login to logout, on a device whose clock is so many seconds ahead. */
async function check(name, library, algorithm, ahead) {
  const key = await dpop.generateKeyPair(algorithm);
  const owner = await library(key);
  const { tokens: first, date } = await login(key);
  assert.equal(first.token_type, 'DPoP', name);

  heard = [];
  const second = await owner.refresh(first.refresh_token);
  const isAsked = needsNonce || ahead !== 0;
  assert.deepEqual(heard, isAsked ? ['use_dpop_nonce', null] : [null], `${name}: the answers to a refresh`);
  assert.equal(second.token_type.toLowerCase(), 'dpop');
  assert.notEqual(second.refresh_token, first.refresh_token, 'a refresh token is replaced');
  const claims = JSON.parse(Buffer.from(second.access_token.split('.')[1], 'base64url'));
  assert.deepEqual(claims.cnf, { jkt: await dpop.calculateThumbprint(key.publicKey) });

  // The authorizer has no nonce to give, so a call is made by the server's clock.
  const behind = Math.round((date - Date.now()) / 1000);
  const corrected = behind === 0 ? owner : await library(key, behind);
  assert.equal(await owner.call(second.access_token), ahead === 0 ? 200 : 401, `${name}: a call by the device's clock`);
  assert.equal(await corrected.call(second.access_token), 200, `${name}: a call by the server's clock`);
  await checkThief(name, library, second);
  const third = await corrected.refresh(second.refresh_token);
  assert.equal(await corrected.call(third.access_token), 200, `${name}: the thief did no harm`);

  await corrected.revoke(third.refresh_token);
  assert.equal(await corrected.call(third.access_token), 401, `${name}: logged out`);
  await assert.rejects(corrected.refresh(third.refresh_token), { error: 'invalid_grant' });
  console.log(`${name}: refreshed${isAsked ? ' through a nonce' : ''}, called, stolen in vain, logged out`);
}

/** Tokens are useless without their key: tried with the same library and another key, without a key, and by hand. */
async function checkThief(name, library, tokens) {
  for (const key of [await dpop.generateKeyPair('ES256'), undefined]) {
    const thief = await library(key);
    const which = `${name}: a thief with ${key ? 'another' : 'no'} key`;
    assert.equal(await thief.call(tokens.access_token), 401, which);
    await assert.rejects(thief.refresh(tokens.refresh_token), { error: 'invalid_grant' }, which);
  }
  const withoutProof = await get({ authorization: `DPoP ${tokens.access_token}` });
  assert.equal(withoutProof.status, 401, `${name}: a bound token without a proof`);
}

async function withOauth4webapi(key, skew = 0) {
  const url = new URL(issuer);
  const plain = { [oauth.allowInsecureRequests]: true, signal: () => AbortSignal.timeout(PATIENCE) };
  const server = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { ...plain, algorithm: 'oauth2' }));
  const client = { client_id: clientId, [oauth.clockSkew]: skew };
  const options = { ...plain, DPoP: key && oauth.DPoP(client, key) };
  const refresh = async (token) => {
    const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), token, options);
    return oauth.processRefreshTokenResponse(server, client, response);
  };
  return {
    refresh: (token) => refresh(token).catch((error) => {
      if (oauth.isDPoPNonceError(error)) {
        return refresh(token);
      }
      throw error;
    }),
    call: (token) => status(oauth.protectedResourceRequest(token, 'GET', new URL(`${issuer}/sessions`), undefined, undefined, options)),
    async revoke(token) {
      await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, oauth.None(), token, plain));
    },
  };
}

async function withOpenidClient(key, skew = 0) {
  const options = { algorithm: 'oauth2', execute: [openid.allowInsecureRequests], timeout: PATIENCE / 1000 };
  const client = { [openid.clockSkew]: skew };
  const configuration = await openid.discovery(new URL(issuer), clientId, client, openid.None(), options);
  const DPoP = key && openid.getDPoPHandle(configuration, key);
  return {
    refresh: (token) => openid.refreshTokenGrant(configuration, token, undefined, { DPoP }),
    call: (token) => status(openid.fetchProtectedResource(configuration, token, new URL(`${issuer}/sessions`), 'GET', undefined, undefined, { DPoP })),
    revoke: (token) => openid.tokenRevocation(configuration, token),
  };
}

function withDpop(key) {
  const form = async (path, fields) => {
    const response = await post(key, path, { client_id: clientId, ...fields });
    return response.ok ? response.json().catch(() => undefined) : Promise.reject(await response.json());
  };
  return {
    refresh: (token) => form('/refresh', { grant_type: 'refresh_token', refresh_token: token }),
    async call(token) {
      const proof = key && { dpop: await dpop.generateProof(key, `${issuer}/sessions`, 'GET', undefined, token) };
      return status(get({ authorization: `${key ? 'DPoP' : 'Bearer'} ${token}`, ...proof }));
    },
    revoke: (token) => form('/logout', { token }),
  };
}

/** The tokens of a new session that is bound to this key, and what time it is for the server. */
async function login(key) {
  const user = { username: environment('LATCHGATE_USERNAME'), password: environment('LATCHGATE_PASSWORD') };
  const response = await post(key, '/login', { client_id: clientId, ...user });
  assert.equal(response.status, 200, 'POST /login');
  return { tokens: await response.json(), date: Date.parse(response.headers.get('date')) };
}

/** Posts a form with a proof of this key, and once more where the server asks for its nonce (RFC 9449 section 8). */
async function post(key, path, fields) {
  const url = issuer + path;
  const sent = async (nonce) => fetch(url, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: key ? { dpop: await dpop.generateProof(key, url, 'POST', nonce) } : {},
    signal: AbortSignal.timeout(PATIENCE),
  });
  const response = await sent();
  const isAsked = response.status === 400 && (await response.clone().json()).error === 'use_dpop_nonce';
  return isAsked ? sent(response.headers.get('dpop-nonce')) : response;
}

function get(headers) {
  return fetch(`${issuer}/sessions`, { headers, signal: AbortSignal.timeout(PATIENCE) });
}

/** The status of an answer, of which the libraries make an error. */
async function status(answer) {
  return (await answer.catch((error) => error)).status;
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
