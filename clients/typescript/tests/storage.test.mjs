// Storage that fails, is emptied or has another user's session in it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Client, memoryStorage } from 'latchgate';
import { devices } from 'latchgate/account';

import { addUser, demo, latchgate, optionsOf, sleep } from './harness/server.mjs';

/** A storage that a test can fill up. */
function bounded() {
  const storage = memoryStorage();
  const full = async () => { throw new DOMException('The quota is exceeded.', 'QuotaExceededError'); };
  return Object.assign(Object.create(storage), {
    fill() { this.update = full; },
    empty() { this.update = storage.update; },
  });
}

test('a session that cannot be stored at a login is revoked', async (t) => {
  const server = await latchgate(t);
  const storage = bounded();
  const client = new Client(optionsOf(server, { storage }));
  storage.fill();
  await assert.rejects(client.login(demo(server)), { code: 'storage_failed' });
  assert.equal(await client.user(), undefined);
  storage.empty();
  await client.login(demo(server));
  assert.equal((await devices(client)).sessions.length, 1);
});

test('a session that cannot be stored at a refresh ends, with a reason', async (t) => {
  const server = await latchgate(t, { AccessTtl: 2 });
  const storage = bounded();
  const client = new Client(optionsOf(server, { storage }));
  const events = heard(client);
  await client.login(demo(server));
  await sleep(2000);
  storage.fill();
  await assert.rejects(devices(client), { code: 'storage_failed' });
  assert.deepEqual(events, ['signedIn', 'storage_failed']);
  assert.equal(await client.user(), undefined);
  storage.empty();
  // What is left in the storage opens nothing.
  const next = new Client(optionsOf(server, { storage }));
  await assert.rejects(devices(next), { code: 'signed_out' });
  await next.login(demo(server));
  assert.equal((await devices(next)).sessions.length, 1);
});

test('a logout reaches the server although the storage fails', async (t) => {
  const server = await latchgate(t);
  const storage = bounded();
  const client = new Client(optionsOf(server, { storage }));
  await client.login(demo(server));
  storage.fill();
  assert.equal(await client.logout(), true);
  assert.equal(await client.user(), undefined);
  storage.empty();
  await assert.rejects(devices(new Client(optionsOf(server, { storage }))), { code: 'signed_out' });
});

test('tokens that another process refreshed are used', async (t) => {
  const server = await latchgate(t, { AccessTtl: 4 });
  const storage = memoryStorage();
  const [one, two] = [new Client(optionsOf(server, { storage })), new Client(optionsOf(server, { storage }))];
  await one.login(demo(server));
  await two.user();
  await sleep(3700);
  await devices(one);
  const read = t.mock.method(storage, 'read');
  await devices(two);
  await devices(two);
  assert.equal(read.mock.callCount(), 1, 'it looks once');
  assert.equal(server.network.count('/refresh'), 1);
});

test('a session that is gone from the storage is over', async (t) => {
  const server = await latchgate(t, { AccessTtl: 2 });
  const storage = memoryStorage();
  const client = new Client(optionsOf(server, { storage }));
  const events = heard(client);
  await client.login(demo(server));
  await storage.update(`session of ${server.url} demo-app`, () => undefined);
  await sleep(2000);
  await assert.rejects(devices(client), { code: 'signed_out' });
  assert.deepEqual(events, ['signedIn', 'elsewhere']);
  await client.login(demo(server));
  assert.equal((await devices(client)).sessions.length, 1, 'it was ended at the server');
});

test('a stored value that is no session counts as none', async (t) => {
  const server = await latchgate(t);
  const storage = memoryStorage();
  for (const text of ['', 'null', '"text"', '{', '[]', '{"session":null}']) {
    await storage.update(`session of ${server.url} demo-app`, () => text);
    const client = new Client(optionsOf(server, { storage }));
    assert.equal(await client.user(), undefined, text);
    await client.login(demo(server));
    assert.ok(await client.user());
  }
});

test('the call of one user is never repeated as another', async (t) => {
  const server = await latchgate(t);
  const ada = addUser(server, 'ada', 'staple battery 77 horse');
  const storage = memoryStorage();
  const [one, two] = [new Client(optionsOf(server, { storage })), new Client(optionsOf(server, { storage }))];
  const events = heard(one);
  await one.login(demo(server));
  await two.login(ada);
  // The first tab hasn't heard of it yet, and the second one's login has ended its session.
  await ended(server);
  await assert.rejects(one.fetch(`${server.network.url}/sessions`), { code: 'signed_out' });
  assert.deepEqual(events, ['signedIn', 'replaced', 'signedIn']);
  assert.equal(server.network.count('/refresh'), 0);
  assert.equal((await one.fetch(`${server.network.url}/sessions`)).status, 200, 'from now on it is the other user');
  const separate = new Client(optionsOf(server));
  await separate.login(demo(server));
  assert.equal((await devices(separate)).sessions.length, 1, 'the session whose place was taken is over');
});

test('a call that is refused after another user has signed in is not repeated', async (t) => {
  const server = await latchgate(t);
  const ada = addUser(server, 'ada', 'staple battery 77 horse');
  const storage = memoryStorage();
  const [one, two] = [new Client(optionsOf(server, { storage })), new Client(optionsOf(server, { storage }))];
  await one.login(demo(server));
  let release;
  server.network.breakAt('/sessions', { status: 401, hold: new Promise((resolve) => { release = resolve; }) });
  const call = one.fetch(`${server.network.url}/sessions`).catch((error) => error);
  await server.network.arrived('/sessions', 1, 'GET');
  await two.login(ada);
  await one.sync();
  release();
  assert.equal((await call).code, 'signed_out');
  assert.equal(server.network.count('/sessions', 'GET'), 1);
});

test('a late read of the storage undoes no login', async (t) => {
  const server = await latchgate(t);
  const [storage, gate] = [memoryStorage(), resolvers()];
  let isSlow = true;
  const slow = {
    update: storage.update,
    read: async (name) => {
      const value = await storage.read(name);
      // As a database does whose answer overtakes another.
      if (isSlow) { isSlow = false; await gate.promise; }
      return value;
    },
  };
  const client = new Client(optionsOf(server, { storage: slow }));
  const events = heard(client);
  const look = client.sync();
  await client.login(demo(server));
  gate.resolve();
  await look;
  assert.ok(await client.user());
  assert.deepEqual(events, ['signedIn']);
});

test('a logout that another login overtook ends only its own session', async (t) => {
  const server = await latchgate(t);
  const ada = addUser(server, 'ada', 'staple battery 77 horse');
  const [storage, gate] = [memoryStorage(), resolvers()];
  const slow = { read: storage.read, update: async (...change) => { await gate.wait; return storage.update(...change); } };
  const [one, two] = [new Client(optionsOf(server, { storage: slow })), new Client(optionsOf(server, { storage }))];
  await one.login(demo(server));
  gate.wait = gate.promise;
  const logout = one.logout();
  await sleep(50);
  await two.login(ada);
  await one.sync();
  gate.resolve();
  await logout;
  assert.ok(await one.user(), 'the other user is signed in');
  assert.equal((await devices(one)).sessions.length, 1);
});

test('a logout that has not reached the server leaves no refresh token', async (t) => {
  const server = await latchgate(t);
  const values = new Map();
  const client = new Client(optionsOf(server, { storage: memoryStorage(values) }));
  await client.login(demo(server));
  const kept = () => /lgr\d_/.test([...values.values()].join(''));
  assert.equal(kept(), true);
  server.network.breakAt('/logout', { lose: 'request' });
  assert.equal(await client.logout(), false);
  assert.equal(kept(), false);
  await client.login(demo(server));
  assert.equal(await client.logout(), true);
  assert.equal(kept(), true, 'one that opens nothing stays, for the budget of the next login');
});

test('another login of the same user in one storage leaves one session', async (t) => {
  const server = await latchgate(t);
  const client = new Client(optionsOf(server));
  await client.login(demo(server));
  await client.login(demo(server));
  await ended(server);
  assert.equal((await devices(client)).sessions.length, 1);
});

test('a logout that has not reached the server is repeated later', async (t) => {
  const server = await latchgate(t);
  const client = new Client(optionsOf(server));
  await client.login(demo(server));
  server.network.breakAt('/logout', { lose: 'request' });
  assert.equal(await client.logout(), false);
  assert.equal(await client.user(), undefined);
  await client.check();
  assert.equal(server.network.count('/logout'), 2);
  await client.check();
  assert.equal(server.network.count('/logout'), 2, 'once');
});

test('a listener that throws changes nothing', async (t) => {
  const server = await latchgate(t);
  const client = new Client(optionsOf(server));
  const reported = t.mock.method(console, 'error', () => {});
  client.on('signedIn', () => { throw new Error('of the app'); });
  const events = heard(client);
  await client.login(demo(server));
  assert.deepEqual(events, ['signedIn']);
  assert.ok(await client.user());
  assert.deepEqual(reported.mock.calls.map(({ arguments: [error] }) => error.message), ['of the app']);
});

/** Waits until the server has heard of a logout. */
async function ended({ network }) {
  await network.arrived('/logout', 1);
  await sleep(100);
}

/** A promise, and what settles it. */
function resolvers() {
  let resolve;
  const promise = new Promise((settle) => { resolve = settle; });
  return { promise, resolve };
}

function heard(client) {
  const events = [];
  client.on('signedIn', () => events.push('signedIn'));
  client.on('signedOut', ({ reason }) => events.push(reason));
  return events;
}
