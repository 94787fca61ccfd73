// A backend for frontends, as browsers and strangers meet it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { memoryStorage } from 'latchgate';
import { dpop } from 'latchgate/dpop';
import { Backend } from 'latchgate/server';

import { signInAt } from './harness/person.mjs';
import { demo, latchgate, optionsOf, sleep } from './harness/server.mjs';

const origin = 'http://localhost:9999';
const [SESSION, SIGN_IN] = ['__Host-Http-session', '__Host-Http-sign-in'];

test('the page gets a cookie, and never a token', async (t) => {
  const { backend, browser } = await backendOf(t);
  assert.equal((await browser.get('/auth/user')).status, 401);
  const page = await browser.signIn('/orders?page=2');
  assert.match(page, /content="0;url=\/orders\?page=2"/);
  const cookies = browser.set.filter((cookie) => cookie.startsWith(SESSION));
  assert.match(cookies.at(-1), /; Path=\/; Secure; HttpOnly; SameSite=Strict$/);
  const user = await (await browser.get('/auth/user')).text();
  assert.equal(JSON.parse(user).claims.sub, 'demo-user');
  for (const text of [page, user, ...browser.set]) {
    assert.equal(/eyJ|lgr1_/.test(text), false, text);
  }
  assert.equal(await backend.handle(new Request(`${origin}/elsewhere`)), undefined);
});

test('a sign-in counts in the browser that began it', async (t) => {
  const { backend, storage, server, values } = await backendOf(t);
  const [victim, attacker] = [browserOf(backend, server), browserOf(backend, server)];
  const begun = await attacker.get('/auth/sign-in');
  const callback = await signInAt(begun.headers.get('location'), demo(server));
  assert.equal(values.size, 0, 'nothing is stored before somebody has signed in');
  const path = callback.slice(origin.length);
  assert.equal((await victim.get(path)).status, 400);
  await victim.get('/auth/sign-in');
  assert.equal((await victim.get(path)).status, 400, 'one that began another');
  assert.equal(victim.jar.has(SESSION), false);
  assert.equal((await attacker.get(path)).status, 200);
  assert.equal(values.size, 1);
  assert.ok(storage);
});

test('two tabs of one browser can sign in at the same time', async (t) => {
  const { browser, server, values } = await backendOf(t);
  const tabs = [await browser.get('/auth/sign-in?return_to=/one'), await browser.get('/auth/sign-in?return_to=/two')];
  for (const [index, tab] of tabs.entries()) {
    const callback = await signInAt(tab.headers.get('location'), demo(server));
    const page = await browser.get(callback.slice(origin.length));
    assert.equal(page.status, 200);
    assert.match(await page.text(), index === 0 ? /url=\/one/ : /url=\/two/);
  }
  assert.equal(values.size, 1);
  assert.equal(browser.jar.has(SIGN_IN), false);
  for (let tab = 0; tab < 20; tab += 1) {
    await browser.get(`/auth/sign-in?return_to=/${'x'.repeat(200)}`);
    assert.ok(browser.jar.get(SIGN_IN).length < 4000);
  }
});

test('a cookie that was there before does not become the session', async (t) => {
  const { browser } = await backendOf(t);
  const planted = 'A'.repeat(43);
  browser.jar.set(SESSION, planted);
  await browser.signIn('/');
  assert.notEqual(browser.jar.get(SESSION), planted);
});

test('a backend needs a client secret', () => {
  const options = { issuer: origin, clientId: 'shop', origin, storage: memoryStorage() };
  for (const clientSecret of [undefined, '']) {
    assert.throws(() => new Backend({ ...options, clientSecret }), { code: 'invalid_request' });
  }
});

test('a sign-in sends the browser back only to this app', async (t) => {
  const { browser } = await backendOf(t);
  const paths = ['https://attacker.example/', '//attacker.example/', '/\\attacker.example', 'javascript:alert(1)', '/.//attacker.example/', 'http://'];
  for (const path of paths) {
    assert.match(await browser.signIn(path), /content="0;url=\/"/, path);
  }
});

test('a page of another origin can do nothing', async (t) => {
  const { backend, browser } = await backendOf(t);
  await browser.signIn('/');
  const request = (headers) => new Request(`${origin}/auth/sign-out`, { method: 'POST', headers: { cookie: browser.cookie(), ...headers } });
  assert.equal((await backend.handle(request({}))).status, 403);
  const user = new Request(`${origin}/auth/user`, { headers: { cookie: browser.cookie() } });
  assert.equal((await backend.handle(user)).status, 403);
  assert.equal((await browser.get('/auth/user')).status, 200);
  const { url } = await (await backend.handle(request({ 'X-CSRF': '1' }))).json();
  assert.match(url, /\/end-session\?.*id_token_hint=/);
  assert.equal((await browser.get('/auth/user')).status, 401, 'the old cookie opens nothing');
});

test('a sign-out in one process counts in all, and leaves nothing stored', async (t) => {
  const { backend, browser, server, storage, options, values } = await backendOf(t);
  await browser.signIn('/');
  const other = new Backend({ ...options, storage });
  const request = (path, method = 'GET') => new Request(origin + path, { method, headers: { cookie: browser.cookie(), 'X-CSRF': '1' } });
  const user = async (one) => (await one.handle(request('/auth/user'))).status;
  assert.deepEqual([await user(backend), await user(other)], [200, 200]);
  assert.equal((await other.clientOf(request('/')).fetch(`${server.network.url}/sessions`)).status, 200);
  await backend.handle(request('/auth/sign-out', 'POST'));
  assert.deepEqual([await user(backend), await user(other)], [401, 401]);
  const calls = server.network.count('/sessions', 'GET');
  await assert.rejects(other.clientOf(request('/')).fetch(`${server.network.url}/sessions`), { code: 'signed_out' });
  assert.equal(server.network.count('/sessions', 'GET'), calls, 'the token is not used any more');
  assert.equal(values.size, 0);
});

test('the loser of a race clears no cookie', async (t) => {
  const { backend, browser, server, storage, options } = await backendOf(t, { AccessTtl: 2 });
  await browser.signIn('/');
  const other = new Backend({ ...options, storage });
  const request = new Request(`${origin}/auth/user`, { headers: { cookie: browser.cookie(), 'X-CSRF': '1' } });
  await sleep(2000);
  server.network.breakAt('/refresh', { lose: 'answer' });
  await assert.rejects(backend.clientOf(request).fetch(`${server.network.url}/sessions`), { code: 'network_error' });
  assert.equal((await other.clientOf(request).fetch(`${server.network.url}/sessions`)).status, 200);
  for (const one of [backend, other]) {
    const answer = await one.handle(request.clone());
    assert.deepEqual([answer.status, answer.headers.getSetCookie()], [200, []]);
    assert.equal((await one.clientOf(request).fetch(`${server.network.url}/sessions`)).status, 200);
  }
});

test('a session that another sign-in replaces ends', async (t) => {
  const { browser, server, values } = await backendOf(t);
  await browser.signIn('/');
  await browser.signIn('/');
  assert.equal(values.size, 1);
  assert.equal(server.network.count('/logout'), 1);
});

test('many calls in two processes at once all succeed', async (t) => {
  const { backend, browser, server, storage, options } = await backendOf(t, { AccessTtl: 2 });
  await browser.signIn('/');
  const other = new Backend({ ...options, storage });
  await sleep(2000);
  const request = new Request(`${origin}/orders`, { headers: { cookie: browser.cookie() } });
  const statuses = await Promise.all([backend, other].flatMap((one) => Array.from({ length: 20 }, async () => {
    const response = await one.clientOf(request).fetch(`${server.network.url}/sessions`);
    return response.status;
  })));
  assert.deepEqual(new Set(statuses), new Set([200]));
  assert.ok(server.network.count('/refresh') <= 2);
  await sleep(2000);
  assert.equal((await other.clientOf(request).fetch(`${server.network.url}/sessions`)).status, 200);
});

test('instances with keys of their own share a session', async (t) => {
  const { server, options, storage } = await backendOf(t, { Dpop: 'on' });
  const instances = [dpop(), dpop()].map((prover) => new Backend({ ...options, storage, prover }));
  let turn = 0;
  const browser = browserOf({ handle: (request) => instances[(turn += 1) % 2].handle(request) }, server);
  await browser.signIn('/');
  const request = new Request(`${origin}/orders`, { headers: { cookie: browser.cookie() } });
  for (const instance of [...instances, ...instances]) {
    assert.equal((await instance.clientOf(request).fetch(`${server.network.url}/sessions`)).status, 200);
  }
});

async function backendOf(t, parameters) {
  const server = await latchgate(t, parameters);
  server.admin(['clients', 'update', 'demo-server', '--first-party', '--scope', 'openid profile read',
    '--redirect-uri', `${origin}/auth/callback`, '--post-logout-redirect-uri', `${origin}/`]);
  const values = new Map();
  const storage = memoryStorage(values);
  const options = { ...optionsOf(server), clientId: 'demo-server', clientSecret: server.client_secret, origin };
  const backend = new Backend({ ...options, storage });
  return { server, backend, storage, values, options, browser: browserOf(backend, server) };
}

/** A browser that knows cookies, and nothing else. */
function browserOf(backend, server) {
  const browser = {
    jar: new Map(),
    set: [],
    cookie: () => [...browser.jar].map((pair) => pair.join('=')).join('; '),
    get: async (path) => {
      const response = await backend.handle(new Request(origin + path, { headers: { cookie: browser.cookie(), 'X-CSRF': '1' } }));
      for (const cookie of response.headers.getSetCookie()) {
        browser.set.push(cookie);
        const [name, value] = cookie.split(';')[0].split('=');
        if (value) { browser.jar.set(name, value); } else { browser.jar.delete(name); }
      }
      return response;
    },
    signIn: async (returnTo) => {
      const begun = await browser.get(`/auth/sign-in?return_to=${encodeURIComponent(returnTo)}`);
      assert.equal(begun.status, 303);
      assert.ok(browser.jar.has(SIGN_IN));
      const callback = await signInAt(begun.headers.get('location'), demo(server));
      const response = await browser.get(callback.slice(origin.length));
      const page = await response.text();
      assert.equal(response.status, 200, page);
      return page;
    },
  };
  return browser;
}
