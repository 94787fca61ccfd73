// Sign-in by a code with PKCE, and login by a password.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Client, LatchgateError, memoryStorage } from 'latchgate';
import { changePassword, devices, signOutDevice, userinfo } from 'latchgate/account';
import { dpop } from 'latchgate/dpop';

import { signInAt } from './harness/person.mjs';
import { addUser, demo, latchgate, optionsOf } from './harness/server.mjs';

const redirectUri = 'http://127.0.0.1:9999/callback';

for (const prover of [undefined, dpop()]) {
  const manner = prover ? 'with DPoP' : 'with bearer tokens';

  test(`a user signs in by a code ${manner}`, async (t) => {
    const server = await latchgate(t);
    const client = new Client(optionsOf(server, { redirectUri, prover }));
    const events = heard(client);
    assert.equal(await client.user(), undefined);

    const address = await client.signInUrl({ appState: { page: '/orders' } });
    const callback = await signInAt(address, demo(server));
    const { user, appState } = await client.handleCallback(callback);
    assert.deepEqual(appState, { page: '/orders' });
    assert.equal(user.claims.sub, 'demo-user');
    assert.equal(user.claims.name, 'Demo User');
    assert.equal(user.isBound, prover !== undefined);
    assert.deepEqual(await client.user(), user);
    assert.deepEqual(events, [{ signedIn: { user } }]);

    assert.equal((await userinfo(client)).name, 'Demo User');
    const response = await client.fetch(`${server.network.url}/sessions`);
    assert.equal(response.status, 200);
    assert.ok((await devices(client)).sessions.some(({ current, dpop_bound }) => current && dpop_bound === user.isBound));

    assert.equal(await client.logout(), true);
    assert.equal(await client.user(), undefined);
    assert.deepEqual(events.slice(1), [{ signedOut: { reason: 'logout' } }]);
    await assert.rejects(client.fetch(`${server.network.url}/sessions`), { code: 'signed_out' });
  });

  test(`a user logs in by a password ${manner}, and changes it`, async (t) => {
    const server = await latchgate(t);
    const client = new Client(optionsOf(server, { prover }));
    const other = new Client(optionsOf(server));
    await other.login(demo(server));
    const user = await client.login({ ...demo(server), deviceName: 'Laptop' });
    assert.equal(user.isBound, prover !== undefined);
    const { sessions } = await devices(client);
    assert.deepEqual(sessions.filter(({ current }) => current).map(({ device_name: name }) => name), ['Laptop']);

    const newPassword = 'staple battery horse correct';
    await assert.rejects(changePassword(client, { currentPassword: 'wrong', newPassword }), { code: 'invalid_grant', status: 400 });
    await assert.rejects(changePassword(client, { currentPassword: server.password, newPassword: 'short' }), { code: 'password_rejected' });
    // The password is changed, and nobody hears of it: the same request again.
    server.network.breakAt('/password', { lose: 'answer' });
    await changePassword(client, { currentPassword: server.password, newPassword });
    const ids = (await devices(client)).sessions.map(({ session_id: id }) => id);
    assert.equal(ids.length, 2, 'the old session of this device lives for a minute, the other is over');
    await assert.rejects(devices(other), { code: 'signed_out' });
    await other.login({ username: 'demo', password: newPassword });
    await assert.rejects(client.login(demo(server)), { code: 'invalid_grant' });
    assert.equal((await devices(client)).sessions.length, 3, 'a login that fails ends nothing');
  });
}

test('a server without DPoP gives bearer tokens, whatever the client sends', async (t) => {
  const server = await latchgate(t, { Dpop: 'off' });
  const client = new Client(optionsOf(server, { redirectUri, prover: dpop() }));
  await client.handleCallback(await signInAt(await client.signInUrl(), demo(server)));
  assert.equal((await client.user()).isBound, false);
  assert.equal((await client.fetch(`${server.network.url}/sessions`)).status, 200);
  assert.equal(await client.logout({ everywhere: true }), true);
});

test('a password that has expired is changed first', async (t) => {
  const server = await latchgate(t);
  for (const prover of [undefined, dpop()]) {
    const user = addUser(server, prover ? 'ada' : 'grace', 'first battery staple 77', '--must-change');
    const client = new Client(optionsOf(server, { prover }));
    const expired = await client.login(user).catch((error) => error);
    assert.ok(expired instanceof LatchgateError);
    assert.equal(expired.code, 'password_expired');
    assert.equal(JSON.stringify(expired).includes('eyJ'), false, 'no log has the token');
    assert.equal(await client.user(), undefined);
    await changePassword(client, { currentPassword: user.password, newPassword: 'second battery staple 78', expired });
    assert.equal((await client.user()).isBound, prover !== undefined);
    assert.ok((await devices(client)).sessions.some(({ current }) => current));
  }
});

test('a device of the list is signed out', async (t) => {
  const server = await latchgate(t);
  const [client, phone] = [new Client(optionsOf(server)), new Client(optionsOf(server))];
  await client.login(demo(server));
  await phone.login({ ...demo(server), deviceName: 'Phone' });
  const reasons = heard(phone);
  const { sessions, next_cursor: cursor } = await devices(client, { limit: 1 });
  assert.equal(sessions[0].current, true);
  const rest = await devices(client, { cursor });
  await signOutDevice(client, rest.sessions.find(({ device_name: name }) => name === 'Phone').session_id);
  await assert.rejects(devices(phone), { code: 'signed_out' });
  assert.deepEqual(reasons, [{ signedOut: { reason: 'ended' } }]);
  assert.equal((await devices(client)).sessions.length, 1);
});

test('a logout everywhere ends all sessions, and needs the server', async (t) => {
  const server = await latchgate(t);
  for (const prover of [undefined, dpop()]) {
    const [client, phone] = [new Client(optionsOf(server, { prover })), new Client(optionsOf(server))];
    await client.login(demo(server));
    await phone.login(demo(server));
    server.network.breakAt('/logout', { lose: 'request' });
    await assert.rejects(client.logout({ everywhere: true }), { code: 'network_error' });
    assert.ok(await client.user(), 'still signed in');
    assert.equal(await client.logout({ everywhere: true }), true);
    await assert.rejects(devices(phone), { code: 'signed_out' });
  }
});

test('a callback counts once, and only where the sign-in began', async (t) => {
  const server = await latchgate(t);
  const storage = memoryStorage();
  const options = optionsOf(server, { redirectUri, storage });
  const client = new Client(options);
  const callback = await signInAt(await client.signInUrl(), demo(server));

  const stranger = new Client(optionsOf(server, { redirectUri }));
  await assert.rejects(stranger.handleCallback(callback), { code: 'invalid_callback' });
  const mixedUp = new URL(callback);
  mixedUp.searchParams.set('iss', 'https://attacker.example');
  const before = server.network.count('/token');
  const another = new Client(options);
  const begun = new URL(await another.signInUrl());
  mixedUp.searchParams.set('state', begun.searchParams.get('state'));
  await assert.rejects(another.handleCallback(mixedUp.href), { code: 'invalid_callback' });
  assert.equal(server.network.count('/token'), before, 'no code goes to anybody');

  // As React's Strict Mode does it: twice, by two clients of one page.
  const twice = await Promise.all([client.handleCallback(callback), new Client(options).handleCallback(callback)]);
  assert.deepEqual(twice.map(({ user }) => user.claims.sub), ['demo-user', 'demo-user']);
  assert.equal(server.network.count('/token'), before + 1);
  // As a reload of the callback does it.
  assert.ok(await new Client(options).handleCallback(callback));
  assert.equal(server.network.count('/token'), before + 1);
  assert.equal(await client.handleCallback('http://127.0.0.1:9999/'), undefined);
});

test('a refusal of the pages has an error code', async (t) => {
  const server = await latchgate(t);
  const client = new Client(optionsOf(server, { redirectUri }));
  const address = await client.signInUrl({ prompt: 'none' });
  const { headers } = await fetch(address, { redirect: 'manual' });
  await assert.rejects(client.handleCallback(headers.get('location')), { name: 'LatchgateError', code: 'login_required' });
});

test('an ID token for another sign-in is refused, and its session ends', async (t) => {
  const server = await latchgate(t);
  const storage = memoryStorage();
  const client = new Client(optionsOf(server, { redirectUri, storage }));
  const callback = await signInAt(await client.signInUrl(), demo(server));
  // Somebody who writes into the storage: the nonce is another.
  await storage.update(`sign-ins of ${server.url} demo-app`, (text) => JSON.stringify(JSON.parse(text).map((one) => ({ ...one, nonce: 'another' }))));
  await assert.rejects(client.handleCallback(callback), { code: 'invalid_id_token' });
  assert.equal(await client.user(), undefined);
  const other = new Client(optionsOf(server));
  await other.login(demo(server));
  const clients = (await devices(other)).sessions.filter(({ current }) => !current).map(({ client_id: id }) => id);
  assert.deepEqual(clients, ['(browser)'], 'only the browser is signed in');
});

test('a code is tried again if its exchange failed for a moment', async (t) => {
  const server = await latchgate(t);
  const client = new Client(optionsOf(server, { redirectUri }));
  const callback = await signInAt(await client.signInUrl(), demo(server));
  server.network.breakAt('/token', { lose: 'request' });
  await assert.rejects(client.handleCallback(callback), { code: 'network_error' });
  assert.ok(await client.handleCallback(callback));
});

test('the token goes to the origins of the client alone', async (t) => {
  const server = await latchgate(t);
  const client = new Client(optionsOf(server));
  await client.login(demo(server));
  await assert.rejects(client.fetch('https://attacker.example/'), { code: 'foreign_url' });
  const other = new Client(optionsOf(server, { apis: [server.url] }));
  await other.login(demo(server));
  assert.equal((await other.fetch(`${server.url}/sessions`)).status, 200);
});

test('the browser is signed out with the app', async (t) => {
  const server = await latchgate(t);
  const jar = new Map();
  const client = new Client(optionsOf(server, { url: server.url, redirectUri }));
  await client.handleCallback(await signInAt(await client.signInUrl(), demo(server), jar));
  const address = await client.signOutUrl();
  assert.equal(await client.user(), undefined);
  const cookie = [...jar].map((pair) => pair.join('=')).join('; ');
  const page = await fetch(address, { headers: { cookie }, redirect: 'manual' });
  assert.equal(page.status, 200);
  assert.equal(/name="action" value="sign-out"/.test(await page.text()), false, 'it asks nothing');
  const again = await fetch(await client.signInUrl({ prompt: 'none' }), { headers: { cookie }, redirect: 'manual' });
  assert.match(again.headers.get('location'), /error=login_required/);
});

/** The events of a client, as they come. */
function heard(client) {
  const events = [];
  client.on('signedIn', (event) => events.push({ signedIn: event }));
  client.on('signedOut', (event) => events.push({ signedOut: event }));
  return events;
}
