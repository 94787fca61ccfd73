// The guide's server, which is a confidential client by openid-client, behind a site that has one visitor.

import assert from 'node:assert/strict';

import { environment, named, saying } from './environment.mjs';
import { module } from './guide.mjs';
import { Listener } from './listener.mjs';

const listener = await Listener.start();
const { begin, finish } = await module('A server', {
  'https://shop.example.com': listener.origin,
  "'shop-server'": JSON.stringify(environment('LATCHGATE_CLIENT_ID')),
  // Here the issuer has no TLS.
  'process.env.CLIENT_SECRET)': "process.env.LATCHGATE_CLIENT_SECRET, undefined, { execute: [client.allowInsecureRequests] })",
});

const session = {};
const callback = await listener.open(await begin(session), '/callback');
await assert.rejects(finish({ ...session, state: 'another' }, callback), saying(/state/), 'another state');
await assert.rejects(finish({ ...session, verifier: 'x'.repeat(43) }, callback), { error: 'invalid_grant' }, 'another verifier');
await finish(session, callback);
assert.equal(session.user.sub, 'demo-user');
listener.close();
console.log(`${named('openid-client')}, the guide's server: signed in, another state and verifier refused`);
