// The guide's native app with openid-client, and its next calls.

import assert from 'node:assert/strict';

import { environment, named } from './environment.mjs';
import { module } from './guide.mjs';

const clientId = environment('LATCHGATE_CLIENT_ID');
const { client, config, tokens } = await module('A native app', {
  "'shop-cli'": JSON.stringify(clientId),
  // Here the issuer has no TLS.
  'client.None()': 'client.None(), { execute: [client.allowInsecureRequests] }',
}, 'client, config, tokens');

const { sub, iss } = tokens.claims();
assert.deepEqual([sub, iss], ['demo-user', environment('LATCHGATE_URL')]);
const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
assert.equal((await client.fetchUserInfo(config, refreshed.access_token, sub)).sub, sub);
console.log(`${named('openid-client')}, the guide's native app: signed in, refreshed, claims`);
