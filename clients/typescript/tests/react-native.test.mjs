// The adapters for React Native, over stand-ins of its modules that are as strict as these: there is no phone here.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';

import { Client } from 'latchgate';
import { devices } from 'latchgate/account';
import { expoCrypto, secureStorage } from 'latchgate/react-native';

import { signInAt } from './harness/person.mjs';
import { addUser, latchgate, optionsOf, sleep } from './harness/server.mjs';

/** `expo-secure-store`: keys of a few characters, values of 2,048 bytes. `crash` ends the process after so many writes. */
function secureStore() {
  const values = new Map();
  let writes = Infinity;
  const checked = (key) => assert.match(key, /^[\w.-]+$/);
  const write = async (key, change) => {
    checked(key);
    await sleep(1);
    assert.ok(writes-- > 0, 'the process has ended');
    change();
  };
  return {
    values,
    crash: (after) => { writes = after; },
    getItemAsync: async (key) => {
      checked(key);
      return values.get(key) ?? null;
    },
    setItemAsync: (key, value) => {
      assert.ok(Buffer.byteLength(value) <= 2048, `${Buffer.byteLength(value)} bytes`);
      return write(key, () => values.set(key, value));
    },
    deleteItemAsync: (key) => write(key, () => values.delete(key)),
  };
}

const crypto = expoCrypto({
  getRandomBytes: (count) => new Uint8Array(randomBytes(count)),
  digestStringAsync: async (algorithm, data, { encoding }) => createHash(algorithm).update(data).digest(encoding),
});

test('a session is kept in pieces that SecureStore takes', async (t) => {
  const server = await latchgate(t, { AccessTtl: 2 });
  const ada = addUser(server, 'ada', 'staple battery 77 horse', '--claims', JSON.stringify({ name: 'Ada '.repeat(300) }));
  const store = secureStore();
  const options = () => optionsOf(server, { storage: secureStorage(store), crypto, redirectUri: 'http://127.0.0.1:9999/callback' });
  const client = new Client(options());
  await client.handleCallback(await signInAt(await client.signInUrl({ appState: 'x'.repeat(3000) }), ada));
  assert.ok([...store.values.values()].join('').length > 2048, 'more than one value holds');
  await sleep(2000);
  await Promise.all(Array.from({ length: 10 }, () => devices(client)));
  assert.equal(server.network.count('/refresh'), 1);
  assert.equal((await new Client(options()).user()).claims.name.length, 1200, 'after a start');
  await client.logout();
  const left = [...store.values.values()].join('');
  assert.equal(/eyJ/.test(left), false, 'no access token is left');
});

test('a value is whole after a crash at any write', async () => {
  const [old, next] = [`old ${'ö'.repeat(900)}`, `next ${'ü'.repeat(1500)}`].map((text) => JSON.stringify(text));
  let isChanged = false;
  for (let after = 0; !isChanged; after += 1) {
    const store = secureStore();
    await secureStorage(store).update('name', () => old);
    store.crash(after);
    isChanged = await secureStorage(store).update('name', () => next).then(() => true, () => false);
    const found = await secureStorage(store).read('name');
    assert.ok([old, next].map((text) => JSON.parse(text)).includes(JSON.parse(found)), `after ${after} writes`);
  }
});

test('each call of SecureStore has the options of the app', async () => {
  const seen = [];
  const calls = (name, ...call) => { seen.push([name, call.at(-1)]); return null; };
  const named = (name) => [name, async (...call) => calls(name, ...call)];
  const options = { keychainAccessible: 1 };
  const storage = secureStorage(Object.fromEntries(['getItemAsync', 'setItemAsync', 'deleteItemAsync'].map(named)), options);
  await storage.update('name', () => '"text"');
  await storage.update('name', () => undefined);
  assert.deepEqual(new Set(seen.map(([name]) => name)).size, 3);
  assert.ok(seen.every(([, last]) => last === options));
});

test('concurrent updates follow one another', async () => {
  const storage = secureStorage(secureStore());
  await Promise.all(Array.from({ length: 20 }, () => storage.update('count', (text) => String(Number(text ?? 0) + 1))));
  assert.equal(await storage.read('count'), '20');
  await storage.update('count', () => undefined);
  assert.equal(await storage.read('count'), undefined);
});
