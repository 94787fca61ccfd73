// The recipe for Expo in recipes/expo: built by Expo's own bundler for both systems, and its sign-in run in Node over stand-ins
// of the modules, as there is no phone here.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

import { signInAt } from './harness/person.mjs';
import { demo, latchgate, orders } from './harness/server.mjs';

const HERE = fileURLToPath(new URL('../', import.meta.url));
const RECIPE = `${HERE}recipes/expo`;
const redirectUri = 'com.example.shop:/signed-in';

const env = { ...process.env, CI: '1', EXPO_OFFLINE: '1', EXPO_NO_TELEMETRY: '1', EXPO_NO_DOTENV: '1' };
const inside = { cwd: RECIPE, env, stdio: 'pipe' };

before(() => {
  if (!existsSync(`${RECIPE}/node_modules/expo`)) {
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'], inside);
  }
  // As npm would install the package.
  cpSync(`${HERE}dist`, `${RECIPE}/node_modules/latchgate/dist`, { recursive: true });
  cpSync(`${HERE}package.json`, `${RECIPE}/node_modules/latchgate/package.json`);
});

test('the adapters accept the types of the Expo modules', (t) => {
  const file = `${RECIPE}/expo-types.ts`;
  cpSync(`${HERE}tests/harness/expo-types.ts`, file);
  t.after(() => rmSync(file));
  const options = ['--noEmit', '--strict', '--module', 'esnext', '--moduleResolution', 'bundler', '--target', 'es2022', '--lib', 'es2022,dom', '--skipLibCheck'];
  const { status, stdout } = spawnSync('node', [`${HERE}node_modules/typescript/bin/tsc`, ...options, file], { encoding: 'utf8' });
  assert.equal(status, 0, stdout);
});

test('the recipe for Expo is built for both systems', () => {
  execFileSync('node', ['node_modules/expo/bin/cli', 'export', '--platform', 'android', '--platform', 'ios', '--max-workers', '1'], inside);
  for (const system of ['android', 'ios']) {
    assert.equal(readdirSync(`${RECIPE}/dist/_expo/static/js/${system}`).filter((name) => name.endsWith('.hbc')).length, 1, system);
  }
});

test('the recipe for Expo signs in, calls and signs out', async (t) => {
  const server = await latchgate(t, {}, ['--upstream', await orders(t)]);
  server.admin(['clients', 'create', 'shop-phone', '--public', '--name', 'The shop', '--scope', 'openid profile offline_access orders', '--redirect-uri', redirectUri]);
  const [values, opened] = [new Map(), []];
  globalThis.expo = {
    'expo-crypto': {
      getRandomBytes: (count) => new Uint8Array(randomBytes(count)),
      digestStringAsync: async (algorithm, data, { encoding }) => createHash(algorithm).update(data).digest(encoding),
    },
    'expo-secure-store': {
      AFTER_FIRST_UNLOCK_THIS_DEVICE_ONLY: 2,
      getItemAsync: async (key) => values.get(key) ?? null,
      setItemAsync: async (key, value, { keychainAccessible }) => { assert.equal(keychainAccessible, 2); values.set(key, value); },
      deleteItemAsync: async (key) => { values.delete(key); },
    },
    'expo-web-browser': {
      openAuthSessionAsync: async (address, back) => {
        opened.push(address);
        assert.equal(back, redirectUri);
        return opened.length === 1 ? { type: 'cancel' } : { type: 'success', url: await signInAt(address, demo(server)) };
      },
    },
  };
  t.after(() => { delete globalThis.expo; });
  const { auth, signIn, api } = await run(server);
  assert.equal(await signIn(), undefined, 'the user has closed the browser');
  const { user } = await signIn();
  assert.equal(user.claims.sub, 'demo-user');
  assert.equal(await (await auth.fetch(`${api}/orders`)).text(), 'orders of demo-user');
  assert.equal(await auth.logout(), true);
  assert.equal(/eyJ/.test([...values.values()].join('')), false);
});

/** `auth.js` of the recipe, with the modules of `globalThis.expo` and the variables that Expo puts in. */
async function run({ url }) {
  const env = { API: url, ISSUER: url, CLIENT_ID: 'shop-phone', REDIRECT_URI: redirectUri };
  const define = Object.fromEntries(Object.entries(env).map(([name, value]) => [`process.env.EXPO_PUBLIC_${name}`, JSON.stringify(value)]));
  const standIns = {
    name: 'stand-ins',
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: /^expo-/ }, ({ path }) => ({ path, namespace: 'expo' }));
      onResolve({ filter: /^latchgate/ }, ({ path }) => ({ path: path === 'latchgate' ? `${HERE}dist/index.js` : `${HERE}dist/${path.slice('latchgate/'.length)}.js` }));
      onLoad({ filter: /.*/, namespace: 'expo' }, ({ path }) => ({ contents: `module.exports = globalThis.expo[${JSON.stringify(path)}];` }));
    },
  };
  const options = { bundle: true, format: 'esm', platform: 'neutral', define, plugins: [standIns], write: false, logLevel: 'silent' };
  const { outputFiles } = await build({ entryPoints: [`${RECIPE}/auth.js`], ...options });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}
