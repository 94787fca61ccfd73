// Refreshes, calls and logs out by oauth4webapi and by openid-client, which know nothing of Latchgate but its issuer.
//
// The login is first-party and no OAuth client's; from its tokens on, everything is theirs.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';

/** Of a request, in milliseconds: a container may have to start first. */
const PATIENCE = 60_000;

const issuer = environment('LATCHGATE_URL');
const secret = environment('LATCHGATE_CLIENT_SECRET');
const unauthorized = Number(environment('LATCHGATE_UNAUTHORIZED'));
const publicClient = environment('LATCHGATE_CLIENT_ID');
const confidentialClient = environment('LATCHGATE_CONFIDENTIAL_CLIENT_ID');

const clients = {
  oauth4webapi: withOauth4webapi,
  'openid-client': withOpenidClient,
};
for (const [name, library] of Object.entries(clients)) {
  await check(`${name} ${version(name)}, a public client`, await library(publicClient));
  await check(`${name} ${version(name)}, a confidential client by Basic`, await library(confidentialClient, 'Basic'));
  await check(`${name} ${version(name)}, a confidential client in the body`, await library(confidentialClient, 'Post'));
}

/** A session from login to logout. */
async function check(name, client) {
  const first = await login(client.id);
  const second = await client.refresh(first.refresh_token);
  assert.equal(second.token_type, 'bearer');
  assert.equal(second.expires_in, 1800);
  assert.notEqual(second.refresh_token, first.refresh_token, 'a refresh token is replaced');
  assert.equal(await called(second.access_token), 200);

  await client.revoke(second.refresh_token);
  assert.equal(await called(second.access_token), unauthorized, 'logged out');
  await assert.rejects(client.refresh(second.refresh_token), { error: 'invalid_grant' });
  console.log(`${name}: refreshed, called, logged out, refused`);
}

async function withOauth4webapi(id, method) {
  const options = { [oauth.allowInsecureRequests]: true, signal: () => AbortSignal.timeout(PATIENCE) };
  const url = new URL(issuer);
  const discovered = await oauth.discoveryRequest(url, { ...options, algorithm: 'oauth2' });
  const server = await oauth.processDiscoveryResponse(url, discovered);
  const client = { client_id: id };
  const proof = method ? oauth[`ClientSecret${method}`](secret) : oauth.None();
  return {
    id,
    async refresh(token) {
      const response = await oauth.refreshTokenGrantRequest(server, client, proof, token, options);
      return oauth.processRefreshTokenResponse(server, client, response);
    },
    async revoke(token) {
      await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, proof, token, options));
    },
  };
}

async function withOpenidClient(id, method) {
  const proof = method ? openid[`ClientSecret${method}`](secret) : openid.None();
  const options = { algorithm: 'oauth2', execute: [openid.allowInsecureRequests], timeout: PATIENCE / 1000 };
  const configuration = await openid.discovery(new URL(issuer), id, undefined, proof, options);
  return {
    id,
    refresh: (token) => openid.refreshTokenGrant(configuration, token),
    revoke: (token) => openid.tokenRevocation(configuration, token),
  };
}

async function login(clientId) {
  const body = new URLSearchParams({
    client_id: clientId,
    username: environment('LATCHGATE_USERNAME'),
    password: environment('LATCHGATE_PASSWORD'),
  });
  if (clientId === confidentialClient) {
    body.set('client_secret', secret);
  }
  const response = await fetch(`${issuer}/login`, { method: 'POST', body, signal: AbortSignal.timeout(PATIENCE) });
  assert.equal(response.status, 200, 'POST /login');
  return response.json();
}

/** The status of a protected call. */
async function called(accessToken) {
  const headers = { authorization: `Bearer ${accessToken}` };
  return (await fetch(`${issuer}/sessions`, { headers, signal: AbortSignal.timeout(PATIENCE) })).status;
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
