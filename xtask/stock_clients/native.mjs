// Signs a user in by oauth4webapi and by openid-client, without DPoP and with it, and out again. Each is a native app.

import assert from 'node:assert/strict';

import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';

import { environment, named, saying } from './environment.mjs';
import { Listener } from './listener.mjs';

const SCOPE = 'openid profile email offline_access orders';

const issuer = environment('LATCHGATE_URL');
const clientId = environment('LATCHGATE_CLIENT_ID');

const clients = { oauth4webapi: withOauth4webapi, 'openid-client': withOpenidClient };
for (const [library, client] of Object.entries(clients)) {
  for (const key of [undefined, await oauth.generateKeyPair('ES256')]) {
    const name = `${named(library)}${key ? ' with DPoP' : ''}`;
    const listener = await Listener.start();
    await check(name, await client(key, await client()), listener);
    listener.close();
    console.log(`${name}: signed in, wrong state, issuer, verifier and nonce refused, claims, refreshed, signed out`);
  }
}

/** A session from the sign-in to the sign-out. */
async function check(name, client, listener) {
  const redirect = { redirect_uri: `${listener.origin}/callback` };
  const authorization = async (more) => {
    const checks = { verifier: oauth.generateRandomCodeVerifier(), state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce() };
    const { verifier, ...sent } = checks;
    const challenge = await oauth.calculatePKCECodeChallenge(verifier);
    const url = client.authorizationUrl({ ...redirect, ...sent, ...more, scope: SCOPE, code_challenge: challenge, code_challenge_method: 'S256' });
    return { checks, callback: await listener.open(url, '/callback') };
  };
  const { checks, callback } = await authorization();
  const redeem = (more, at = callback) => client.redeem(at, { ...redirect, ...checks, ...more });

  await assert.rejects(redeem({ state: oauth.generateRandomState() }), saying(/state/), `${name}: another state`);
  const otherIssuer = new URL(callback);
  otherIssuer.searchParams.set('iss', 'https://evil.example');
  await assert.rejects(redeem({}, otherIssuer), saying(/iss/), `${name}: another issuer`);
  // A wrong verifier doesn't use the code up: the right one works after it.
  await assert.rejects(redeem({ verifier: oauth.generateRandomCodeVerifier() }), { error: 'invalid_grant' }, `${name}: another verifier`);

  const first = await redeem({});
  assert.equal(first.tokens.token_type, client.isBound ? 'dpop' : 'bearer', name);
  const { iss, aud, sub, nonce } = first.claims;
  assert.deepEqual({ iss, aud, sub, nonce }, { iss: issuer, aud: clientId, sub: 'demo-user', nonce: checks.nonce }, name);
  assert.equal((await client.userinfo(first.tokens.access_token, sub)).email, 'demo@example.com', `${name}: /userinfo`);
  const second = await client.refresh(first.tokens.refresh_token);
  assert.notEqual(second.refresh_token, first.tokens.refresh_token, 'a refresh token is replaced');
  assert.equal((await client.userinfo(second.access_token, sub)).sub, sub);
  if (client.isBound) {
    await assert.rejects(client.thief.userinfo(second.access_token, sub), `${name}: an access token without its key`);
    await assert.rejects(client.thief.refresh(second.refresh_token), { error: 'invalid_grant' }, `${name}: a refresh token without its key`);
  }

  // The browser is signed in now. This code is used up: only the ID token has the nonce.
  const again = await authorization({ max_age: '3600' });
  await assert.rejects(client.redeem(again.callback, { ...redirect, ...again.checks, nonce: checks.nonce }), saying(/nonce/), `${name}: another nonce`);
  const denied = await authorization({ prompt: 'none', max_age: '0' });
  await assert.rejects(client.redeem(denied.callback, { ...redirect, ...denied.checks }), { error: 'login_required' }, `${name}: prompt=none`);

  const state = oauth.generateRandomState();
  const back = { post_logout_redirect_uri: `${listener.origin}/signed-out`, id_token_hint: first.tokens.id_token, state };
  const left = await listener.open(client.endSessionUrl(back), '/signed-out');
  assert.equal(left.searchParams.get('state'), state, `${name}: signed out`);
  await assert.rejects(client.refresh(second.refresh_token), { error: 'invalid_grant' }, `${name}: the app is signed out`);
  const out = await authorization({ prompt: 'none' });
  await assert.rejects(client.redeem(out.callback, { ...redirect, ...out.checks }), { error: 'login_required' }, `${name}: the browser is signed out`);
}

async function withOauth4webapi(key, thief) {
  // The insecure option only allows an issuer without TLS.
  const plain = { [oauth.allowInsecureRequests]: true };
  const url = new URL(issuer);
  const server = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, plain));
  const client = { client_id: clientId };
  const options = { ...plain, DPoP: key && oauth.DPoP(client, key) };
  const query = (endpoint, parameters) => new URL(`${endpoint}?${new URLSearchParams(parameters)}`);
  return {
    thief,
    isBound: key !== undefined,
    authorizationUrl: (parameters) => query(server.authorization_endpoint, { client_id: clientId, response_type: 'code', ...parameters }),
    endSessionUrl: (parameters) => query(server.end_session_endpoint, { client_id: clientId, ...parameters }),
    async redeem(callback, { state, nonce, verifier, redirect_uri: uri }) {
      const parameters = oauth.validateAuthResponse(server, client, callback, state);
      return withNonce(async () => {
        const response = await oauth.authorizationCodeGrantRequest(server, client, oauth.None(), parameters, uri, verifier, options);
        const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: nonce, requireIdToken: true });
        await oauth.validateApplicationLevelSignature(server, response, plain);
        return { tokens, claims: oauth.getValidatedIdTokenClaims(tokens) };
      });
    },
    async userinfo(token, sub) {
      const response = await oauth.userInfoRequest(server, client, token, options);
      return oauth.processUserInfoResponse(server, client, sub, response);
    },
    refresh: (token) => withNonce(async () => {
      const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), token, options);
      return oauth.processRefreshTokenResponse(server, client, response);
    }),
  };
}

/** Once more, if the server asks for its nonce (RFC 9449 section 8), which the library then has. */
async function withNonce(request) {
  return request().catch((error) => (oauth.isDPoPNonceError(error) ? request() : Promise.reject(error)));
}

async function withOpenidClient(key, thief) {
  const execute = [openid.allowInsecureRequests, openid.enableNonRepudiationChecks];
  const configuration = await openid.discovery(new URL(issuer), clientId, undefined, openid.None(), { execute });
  const options = { DPoP: key && openid.getDPoPHandle(configuration, key) };
  return {
    thief,
    isBound: key !== undefined,
    authorizationUrl: (parameters) => openid.buildAuthorizationUrl(configuration, parameters),
    endSessionUrl: (parameters) => openid.buildEndSessionUrl(configuration, parameters),
    async redeem(callback, { state, nonce, verifier }) {
      const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
      const tokens = await openid.authorizationCodeGrant(configuration, callback, checks, undefined, options);
      return { tokens, claims: tokens.claims() };
    },
    userinfo: (token, sub) => openid.fetchUserInfo(configuration, token, sub, options),
    refresh: (token) => openid.refreshTokenGrant(configuration, token, undefined, options),
  };
}
