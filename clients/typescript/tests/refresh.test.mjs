// Refreshes on a bad network, beside each other, and by a thief. `Leeway` is 0: only the right `Idempotency-Key` makes a
// request a retry.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { Client, memoryStorage } from 'latchgate';
import { devices } from 'latchgate/account';
import { dpop } from 'latchgate/dpop';

import { demo, latchgate, optionsOf, sleep } from './harness/server.mjs';

/** Seconds that an access token lives where it is to expire. */
const SHORT = { AccessTtl: 2 };

for (const prover of [undefined, dpop()]) {
  const manner = prover ? 'with DPoP' : 'with bearer tokens';

  test(`fifty calls with an expired token make one refresh ${manner}`, async (t) => {
    const { client, network, url } = await signedIn(t, SHORT, { prover });
    await sleep(2000);
    const calls = Array.from({ length: 50 }, () => client.fetch(url));
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    assert.deepEqual(new Set(statuses), new Set([200]));
    assert.equal(network.count('/refresh'), 1);
  });

  test(`three processes with one storage refresh at once ${manner}`, async (t) => {
    const { client, network, url, options } = await signedIn(t, SHORT, { prover });
    const clients = [client, new Client(options), new Client(options)];
    await Promise.all(clients.map((one) => one.user()));
    await sleep(2000);
    // All three requests are at the server before any answer is back.
    network.breakAt('/refresh', { hold: network.arrived('/refresh', 3) }, 3);
    const statuses = await Promise.all(clients.map(async (one) => (await one.fetch(url)).status));
    assert.deepEqual(statuses, [200, 200, 200]);
    assert.equal(new Set(network.values('/refresh', 'idempotency-key')).size, 1);
    await sleep(2000);
    assert.equal((await clients[1].fetch(url)).status, 200, 'the session goes on');
  });

  test(`a lost answer is asked for again after the leeway ${manner}`, async (t) => {
    const { client, network, url, options } = await signedIn(t, SHORT, { prover });
    await sleep(2000);
    network.breakAt('/refresh', { lose: 'answer' });
    await assert.rejects(client.fetch(url), { code: 'network_error' });
    assert.ok(await client.user());
    await sleep(2000);
    // Another process, as after a crash.
    assert.equal((await new Client(options).fetch(url)).status, 200);
    assert.equal((await client.fetch(url)).status, 200);
    const keys = network.values('/refresh', 'idempotency-key');
    assert.equal(keys[0], keys[1]);
  });

  test(`a lost answer is asked for again minutes later ${manner}`, async (t) => {
    const { client, network, url, events } = await signedIn(t, SHORT, { prover });
    await sleep(2000);
    network.breakAt('/refresh', { lose: 'answer' });
    await assert.rejects(client.fetch(url), { code: 'network_error' });
    await sleep(130_000);
    assert.equal((await client.fetch(url)).status, 200);
    assert.deepEqual(events, ['signedIn']);
  });

  test(`a logout beats a refresh that is under way ${manner}`, async (t) => {
    const { client, network, url, server, events } = await signedIn(t, SHORT, { prover });
    await sleep(2000);
    const release = network.hold('/refresh');
    const call = client.fetch(url).catch((error) => error);
    await network.arrived('/refresh', 1);
    network.breakAt('/logout', { lose: 'request' });
    assert.equal(await client.logout(), false, 'the server was not reached');
    release();
    assert.equal((await call).code, 'signed_out');
    assert.equal(await client.user(), undefined);
    assert.deepEqual(events, ['signedIn', 'logout']);
    // What the refresh brought was revoked, although the logout had got lost.
    const other = new Client(optionsOf(server));
    await other.login(demo(server));
    assert.equal((await devices(other)).sessions.length, 1);
  });
}

test('only invalid_grant signs out', async (t) => {
  const { client, network, url, events } = await signedIn(t, SHORT);
  await sleep(2000);
  const html = { 'content-type': 'text/html' };
  const portal = '<!doctype html><title>Welcome to the hotel</title>';
  const faults = [
    [{ lose: 'request' }, { code: 'network_error' }],
    [{ lose: 'answer' }, { code: 'network_error' }],
    [{ status: 500, body: '{"error":"server_error","error_description":"…"}' }, { code: 'server_error', status: 500 }],
    [{ status: 502, body: '{"message":"Bad Gateway"}' }, { code: 'temporarily_unavailable', status: 502 }],
    [{ status: 503 }, { code: 'temporarily_unavailable', status: 503 }],
    [{ status: 200, headers: html, body: portal }, { code: 'unexpected_response' }],
    [{ status: 302, headers: { location: 'http://127.0.0.1:9/' } }, { code: 'network_error' }],
    [{ status: 200, headers: { 'content-type': 'application/json' }, body: '{"login":"please"}' }, { code: 'unexpected_response' }],
    [{ status: 403, headers: html, body: portal }, { code: 'insufficient_scope' }],
    [{ status: 400, headers: html, body: portal }, { code: 'unexpected_response' }],
    [{ status: 401, body: '{"error":"invalid_client","error_description":"…"}' }, { code: 'invalid_client' }],
  ];
  for (const [fault, error] of faults) {
    network.breakAt('/refresh', fault);
    const before = network.count('/refresh');
    await assert.rejects(client.fetch(url), error, JSON.stringify(fault));
    assert.equal(network.count('/refresh'), before + 1, 'one request a call');
    assert.ok(await client.user(), JSON.stringify(fault));
  }
  assert.equal((await client.fetch(url)).status, 200);
  assert.deepEqual(events, ['signedIn']);
});

test('Retry-After is heeded', async (t) => {
  const { client, network, url } = await signedIn(t, SHORT);
  await sleep(2000);
  network.breakAt('/refresh', { status: 429, headers: { 'retry-after': '1' }, body: '{"error":"temporarily_unavailable"}' });
  await assert.rejects(client.fetch(url), { code: 'temporarily_unavailable', status: 429, retryAfter: 1 });
  await assert.rejects(client.fetch(url), { code: 'temporarily_unavailable', retryAfter: 1 });
  assert.equal(network.count('/refresh'), 1, 'nothing is sent before the time');
  await sleep(1100);
  assert.equal((await client.fetch(url)).status, 200);
});

test('a 401 is tried once more, and never in a loop', async (t) => {
  const { client, network, url, events } = await signedIn(t);
  network.breakAt('/sessions', { status: 401 });
  assert.equal((await client.fetch(url)).status, 200);
  assert.deepEqual([network.count('/sessions', 'GET'), network.count('/refresh')], [2, 1]);
  network.breakAt('/sessions', { status: 401 }, 100);
  for (let call = 0; call < 5; call += 1) {
    assert.equal((await client.fetch(url)).status, 401);
  }
  // An API that refuses whatever it gets costs one refresh, and not one a call.
  assert.deepEqual([network.count('/sessions', 'GET'), network.count('/refresh')], [2 + 2 + 4, 2]);
  assert.deepEqual(events, ['signedIn']);
});

test('two APIs that refuse every token cost one refresh each', async (t) => {
  const refusing = async () => {
    const api = createServer((_, response) => { response.writeHead(401).end(); }).listen(0, '127.0.0.1');
    await once(api, 'listening');
    t.after(() => { api.closeAllConnections(); api.close(); });
    return `http://127.0.0.1:${api.address().port}/`;
  };
  const apis = [await refusing(), await refusing()];
  const { client, network } = await signedIn(t, {}, { apis });
  for (let round = 0; round < 4; round += 1) {
    for (const api of apis) {
      assert.equal((await client.fetch(api)).status, 401);
    }
  }
  assert.equal(network.count('/refresh'), 2);
});

test('a redirect takes the token to no other origin', async (t) => {
  const seen = [];
  const server = async (answer) => {
    const api = createServer((request, response) => { seen.push(request.headers.authorization); answer(response); }).listen(0, '127.0.0.1');
    await once(api, 'listening');
    t.after(() => { api.closeAllConnections(); api.close(); });
    return `http://127.0.0.1:${api.address().port}/`;
  };
  const elsewhere = await server((response) => response.end('gone astray'));
  const api = await server((response) => response.writeHead(307, { location: elsewhere }).end());
  const { client } = await signedIn(t, {}, { apis: [api], prover: dpop() });
  assert.equal(await (await client.fetch(api)).text(), 'gone astray');
  assert.match(seen[0], /^DPoP ey/);
  assert.equal(seen[1], undefined);
});

test('a nonce that is lost or old costs one more request', async (t) => {
  const { client, network, url, options } = await signedIn(t, { ...SHORT, DpopNonce: 'always' }, { prover: dpop() });
  await sleep(2000);
  // A reload: the page knows no nonce any more.
  const next = new Client(options);
  assert.equal((await next.fetch(url)).status, 200);
  assert.equal(network.count('/refresh'), 2);
  await sleep(2000);
  network.breakAt('/refresh', {
    status: 400, headers: { 'dpop-nonce': 'another', 'content-type': 'application/json' }, body: '{"error":"use_dpop_nonce","error_description":"…"}',
  });
  await assert.rejects(next.fetch(url), { code: 'use_dpop_nonce' }, 'no third request');
  assert.equal((await next.fetch(url)).status, 200);
  assert.ok(await client.user());
});

test('a call is repeated with its body', async (t) => {
  const { client, network, server } = await signedIn(t);
  network.breakAt('/userinfo', { status: 401 });
  const body = new ReadableStream({
    start: (controller) => { controller.enqueue(new TextEncoder().encode('once')); controller.close(); },
  });
  const response = await client.fetch(`${server.network.url}/userinfo`, { method: 'POST', body, duplex: 'half' });
  assert.equal(response.status, 200);
});

test('a caller may stop waiting, and the refresh goes on', async (t) => {
  const { client, network, url } = await signedIn(t, SHORT);
  await sleep(2000);
  const release = network.hold('/refresh');
  const call = client.fetch(url, { signal: AbortSignal.timeout(100) });
  await assert.rejects(call, { name: 'TimeoutError' });
  release();
  assert.equal((await client.fetch(url)).status, 200);
  assert.equal(network.count('/refresh'), 1);
});

test('a refresh that is never answered blocks no call forever', async (t) => {
  const { client, network, url } = await signedIn(t, SHORT);
  await sleep(2000);
  const release = network.hold('/refresh');
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const call = client.fetch(url).catch((error) => error);
  while (network.count('/refresh') === 0) {
    await new Promise(setImmediate);
  }
  t.mock.timers.tick(30_000);
  assert.equal((await call).code, 'network_error');
  t.mock.timers.reset();
  assert.equal((await client.fetch(url)).status, 200, 'the next call asks again');
  assert.equal(network.count('/refresh'), 2);
  release();
  await sleep(2000);
  assert.equal((await client.fetch(url)).status, 200);
});

test('a late answer never replaces a newer token by an older one', async (t) => {
  const { client, network, url, options } = await signedIn(t, SHORT);
  const slow = new Client(options);
  await slow.user();
  await sleep(2000);
  const release = network.hold('/refresh');
  const call = slow.fetch(url);
  await network.arrived('/refresh', 1);
  assert.equal((await client.fetch(url)).status, 200);
  await sleep(2000);
  assert.equal((await client.fetch(url)).status, 200);
  release();
  await call;
  await sleep(2000);
  assert.equal((await slow.fetch(url)).status, 200);
  assert.equal((await client.fetch(url)).status, 200);
});

test('a session that a thief has used ends for both, with a reason', async (t) => {
  const { client, network, url, server, storage, events } = await signedIn(t, SHORT);
  const stolen = await refreshToken(storage, server);
  const thief = await steal(server, stolen);
  assert.equal(thief.status, 200);
  await sleep(2000);
  await assert.rejects(client.fetch(url), { code: 'signed_out' });
  assert.deepEqual(events, ['signedIn', 'ended']);
  const { refresh_token: theirs } = await thief.json();
  assert.equal((await steal(server, theirs)).status, 400, 'the thief is out too');
  await assert.rejects(client.fetch(url), { code: 'signed_out' });
  assert.equal(network.count('/refresh'), 1, 'nothing is tried without a session');
  // The device goes on with a budget of its own.
  await client.login(demo(server));
  assert.equal((await client.fetch(url)).status, 200);
});

test('a thief gets nothing for a bound refresh token', async (t) => {
  const { client, url, server, storage, events } = await signedIn(t, SHORT, { prover: dpop() });
  assert.equal((await steal(server, await refreshToken(storage, server))).status, 400);
  await sleep(2000);
  assert.equal((await client.fetch(url)).status, 200);
  assert.deepEqual(events, ['signedIn']);
});

test('a session whose key is gone ends, with a reason', async (t) => {
  const { network, url, options, server } = await signedIn(t, SHORT, { prover: dpop() });
  await sleep(2000);
  const client = new Client({ ...options, prover: dpop() });
  const reasons = [];
  client.on('signedOut', ({ reason }) => reasons.push(reason));
  await assert.rejects(client.fetch(url), { code: 'signed_out' });
  assert.deepEqual(reasons, ['key_lost']);
  assert.equal(network.count('/refresh'), 0);
  await client.login(demo(server));
  assert.equal((await devices(client)).sessions.length, 1, 'the old session was ended at the server');
});

test('a session without proofs becomes bound at the second refresh', async (t) => {
  const { url, options, network } = await signedIn(t, SHORT);
  const client = new Client({ ...options, prover: dpop() });
  for (const isBound of [false, true]) {
    await sleep(2000);
    // The answer is lost each time: the repeated request has a proof exactly if the first one had.
    network.breakAt('/refresh', { lose: 'answer' });
    await assert.rejects(client.fetch(url), { code: 'network_error' });
    assert.equal((await client.fetch(url)).status, 200);
    assert.equal((await client.user()).isBound, isBound);
  }
  const proofs = network.values('/refresh', 'dpop').map((proof) => proof !== undefined);
  assert.deepEqual(proofs, [false, false, true, true]);
});

test('a server that always wants its nonce gets it', async (t) => {
  const { client, url } = await signedIn(t, { ...SHORT, DpopNonce: 'always' }, { prover: dpop() });
  await sleep(2000);
  assert.equal((await client.fetch(url)).status, 200);
  assert.equal(await client.logout({ everywhere: true }), true);
});

test('keys may be replaced while a session goes on', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'latchgate-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const { client, network, url, server } = await signedIn(t, SHORT, { prover: dpop() }, ['--db', join(folder, 'db')]);
  const kid = async () => {
    const { keys } = await (await fetch(`${server.url}/.well-known/jwks.json`)).json();
    return keys.map((key) => key.kid);
  };
  const before = await kid();
  await sleep(2000);
  network.breakAt('/refresh', { lose: 'answer' });
  await assert.rejects(client.fetch(url), { code: 'network_error' });
  server.admin(['keys', 'rotate']);
  await server.restart();
  assert.notDeepEqual(await kid(), before);
  assert.equal((await client.fetch(url)).status, 200);
  await sleep(2000);
  assert.equal((await client.fetch(url)).status, 200);
});

/** A client that is signed in, in a storage of its own. */
async function signedIn(t, parameters, more = {}, command = []) {
  const server = await latchgate(t, parameters, command);
  const storage = memoryStorage();
  const options = optionsOf(server, { storage, ...more });
  const client = new Client(options);
  const events = [];
  client.on('signedIn', () => events.push('signedIn'));
  client.on('signedOut', ({ reason }) => events.push(reason));
  await client.login(demo(server));
  return { client, server, network: server.network, url: `${server.network.url}/sessions`, storage, options, events };
}

async function refreshToken(storage, { url }) {
  return JSON.parse(await storage.read(`session of ${url} demo-app`)).session.refreshToken;
}

const steal = ({ url }, token) =>
  fetch(`${url}/refresh`, {
    method: 'POST',
    headers: { 'Idempotency-Key': crypto.randomUUID() },
    body: new URLSearchParams({ grant_type: 'refresh_token', client_id: 'demo-app', refresh_token: token }),
  });
