// The client in Chromium.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, test } from 'node:test';

import { app, call, chromiumOf, closeChromium, eventsOf, expectEvents, goOn, logIn, settled, signInAt } from './harness/browser.mjs';
import { addUser, demo, sleep } from './harness/server.mjs';

after(closeChromium);

/** Seconds that an access token lives where it is to expire. */
const SHORT = { AccessTtl: 2 };
const expired = () => sleep(2000);
const DAY = 86_400_000;
/** Both clocks of the page, which a test can move. */
const MOVABLE = `{
  const [wall, monotonic] = [Date.now, performance.now.bind(performance)];
  Date.now = () => wall() + (globalThis.off ?? 0);
  performance.now = () => monotonic() + (globalThis.elapsed ?? 0);
}`;

test('a user signs in at the pages, and stays signed in after a reload', async (t) => {
  const { server, origin, tab, api } = await app(t);
  const page = await tab();
  await page.evaluate(() => { client.signIn({ appState: { page: '/orders' } }); });
  await page.waitForURL(`${server.network.url}/**`);
  await signInAt(page, demo(server), origin);
  await settled(page);
  assert.deepEqual(await page.evaluate(() => callback.appState), { page: '/orders' });
  assert.equal(page.url(), `${origin}/callback`, 'no code is left in the address');
  const { isBound, claims } = await page.evaluate(() => client.user());
  assert.deepEqual([isBound, claims.sub], [true, 'demo-user']);
  assert.deepEqual(await eventsOf(page), ['signedIn']);
  await page.reload();
  await settled(page);
  assert.deepEqual(await call(page, api), [200]);
  assert.deepEqual(await eventsOf(page), [], 'a reload is no news');

  // Another app's sign-in needs no password, and signing out ends it all.
  await page.evaluate(() => { client.signOut(); });
  await page.waitForURL(`${server.network.url}/end-session**`);
  const again = await tab();
  assert.equal(await again.evaluate(() => client.user()), undefined);
  await again.evaluate(() => { client.signIn({ prompt: 'none' }); });
  await again.waitForURL(`${origin}/callback**`);
  await settled(again);
  assert.equal(await again.evaluate(() => callback), 'login_required');
});

test('no script can take the keys away', async (t) => {
  const { server, tab } = await app(t);
  const page = await tab();
  await logIn(page, demo(server));
  const taken = await page.evaluate(async () => {
    const opened = indexedDB.open('latchgate');
    await new Promise((resolve) => { opened.onsuccess = resolve; });
    const all = opened.result.transaction('keys').objectStore('keys').getAll();
    await new Promise((resolve) => { all.onsuccess = resolve; });
    const keys = all.result.map((key) => key.privateKey ?? key);
    const exports = ['jwk', 'pkcs8', 'raw'].flatMap((format) => keys.map((key) => crypto.subtle.exportKey(format, key)));
    return (await Promise.allSettled(exports)).map(({ status }) => status);
  });
  assert.deepEqual([...new Set(taken), taken.length], ['rejected', 6]);
});

for (const dpop of [true, false]) {
  const manner = dpop ? 'with DPoP' : 'with bearer tokens';

  test(`fifty calls in three tabs with an old token succeed ${manner}`, async (t) => {
    const { server, network, tab, api } = await app(t, SHORT, { dpop });
    const tabs = [await tab(), await tab(), await tab()];
    await logIn(tabs[0], demo(server));
    for (const page of tabs) {
      assert.deepEqual(await call(page, api), [200]);
    }
    await expired();
    // No answer before two tabs have asked.
    network.breakAt('/refresh', { hold: network.arrived('/refresh', 2) });
    const statuses = (await Promise.all(tabs.map((page, index) => call(page, api, index === 0 ? 18 : 16)))).flat();
    assert.equal(statuses.length, 50);
    assert.deepEqual(new Set(statuses), new Set([200]));
    const keys = network.values('/refresh', 'idempotency-key');
    assert.ok(keys.length >= 2 && keys.length <= 3, `${keys.length} refreshes`);
    assert.equal(new Set(keys).size, 1);
    await expired();
    assert.deepEqual((await Promise.all(tabs.map((page) => call(page, api)))).flat(), [200, 200, 200]);
    for (const page of tabs) {
      assert.deepEqual(await eventsOf(page), ['signedIn']);
    }
  });

  test(`a tab killed during a refresh ends no session ${manner}`, async (t) => {
    const { server, network, tab, api } = await app(t, SHORT, { dpop });
    const page = await tab();
    await logIn(page, demo(server));
    await expired();
    const release = network.hold('/refresh');
    void call(page, api).catch(() => {});
    await network.arrived('/refresh', 1);
    await page.close();
    release();
    await sleep(1000);
    const next = await tab();
    assert.deepEqual(await call(next, api), [200]);
    const keys = network.values('/refresh', 'idempotency-key');
    assert.deepEqual([keys.length, new Set(keys).size], [2, 1]);
    await expired();
    assert.deepEqual(await call(next, api), [200]);
  });

  test(`a logout in one tab beats a refresh in another ${manner}`, async (t) => {
    const { server, network, tab, api } = await app(t, SHORT, { dpop });
    const [page, other] = [await tab(), await tab()];
    await logIn(page, demo(server));
    await expectEvents(other, ['signedIn']);
    await expired();
    const release = network.hold('/refresh');
    const calls = call(other, api);
    await network.arrived('/refresh', 1);
    assert.equal(await page.evaluate(() => client.logout()), true);
    await expectEvents(other, ['signedIn', 'logout']);
    release();
    assert.deepEqual(await calls, ['signed_out']);
    for (const one of [page, other, await tab()]) {
      assert.equal(await one.evaluate(() => client.user()), undefined);
      assert.deepEqual(await call(one, api), ['signed_out']);
    }
  });
}

test('a login of another user reaches all tabs', async (t) => {
  const { server, tab, api } = await app(t);
  const ada = addUser(server, 'ada', 'staple battery 77 horse', '--id', 'ada-id');
  const [page, other] = [await tab(), await tab()];
  await logIn(page, demo(server));
  await expectEvents(other, ['signedIn']);
  await logIn(other, ada);
  await expectEvents(page, ['signedIn', 'replaced', 'signedIn']);
  const subject = (one) => one.evaluate(async () => (await account.userinfo(client)).sub);
  assert.deepEqual([await subject(page), await subject(other)], ['ada-id', 'ada-id']);
  assert.deepEqual(await call(page, api), [200]);
});

test('two tabs can keep the sessions of two users', async (t) => {
  const { server, tab } = await app(t, SHORT);
  const ada = addUser(server, 'ada', 'staple battery 77 horse', '--id', 'ada-id');
  const [page, other] = [await tab('/?per-tab'), await tab('/?per-tab')];
  await logIn(page, demo(server));
  await logIn(other, ada);
  await expired();
  const subject = (one) => one.evaluate(async () => (await account.userinfo(client)).sub);
  assert.deepEqual(await Promise.all([subject(page), subject(other)]), ['demo-user', 'ada-id']);
  await page.reload();
  await settled(page);
  assert.equal(await subject(page), 'demo-user');
  await page.evaluate(() => client.logout());
  assert.equal(await subject(other), 'ada-id');
});

test('no user is signed out while the network is away', async (t) => {
  const { server, network, context, tab, api } = await app(t, SHORT);
  const page = await tab();
  await logIn(page, demo(server));
  await context.setOffline(true);
  await expired();
  assert.deepEqual(await call(page, api, 3), ['network_error', 'network_error', 'network_error']);
  assert.ok(await page.evaluate(() => client.user()));
  const before = network.count('/refresh');
  await context.setOffline(false);
  await network.arrived('/refresh', before + 1);
  assert.deepEqual(await call(page, api), [200]);
  assert.deepEqual(await eventsOf(page), ['signedIn']);
});

test('a device that was offline for a day is signed in, and refreshes once', async (t) => {
  const { server, network, context, tab, api } = await app(t, SHORT, { before: MOVABLE });
  const page = await tab();
  await logIn(page, demo(server));
  await context.setOffline(true);
  await page.evaluate((day) => { globalThis.off = day; globalThis.elapsed = day; }, DAY);
  const before = network.seen.length;
  for (let tries = 0; tries < 3; tries += 1) {
    assert.deepEqual(await call(page, api, 5), Array(5).fill('network_error'));
  }
  assert.equal(network.seen.length, before);
  assert.ok(await page.evaluate(() => client.user()));
  await context.setOffline(false);
  assert.deepEqual(await call(page, api, 5), Array(5).fill(200));
  assert.equal(network.count('/refresh'), 1);
  assert.deepEqual(await eventsOf(page), ['signedIn']);
});

test('an answer of a captive portal signs no user out', async (t) => {
  const { server, network, tab, api } = await app(t, SHORT);
  const page = await tab();
  await logIn(page, demo(server));
  await expired();
  network.breakAt('/refresh', { status: 200, headers: { 'content-type': 'text/html' }, body: '<!doctype html><h1>Welcome' });
  network.breakAt('/refresh', { status: 503, headers: { 'retry-after': '1' } });
  assert.deepEqual(await call(page, api), ['unexpected_response']);
  assert.deepEqual(await call(page, api), ['temporarily_unavailable']);
  await sleep(1100);
  assert.deepEqual(await call(page, api), [200]);
});

test('a browser that keeps nothing has a session until the next reload', async (t) => {
  const denied = () => {
    const refuse = () => { throw new DOMException('Access is denied for this document.', 'SecurityError'); };
    Object.defineProperty(globalThis, 'indexedDB', { get: refuse });
  };
  const { server, tab, api } = await app(t, SHORT, { before: denied });
  const page = await tab();
  await logIn(page, demo(server));
  assert.equal(await page.evaluate(async () => (await client.user()).isBound), true);
  await expired();
  assert.deepEqual(await call(page, api), [200]);
  await page.reload();
  await settled(page);
  assert.equal(await page.evaluate(() => client.user()), undefined);
});

test('a user who clears the browser is signed out, and can sign in again', async (t) => {
  const { server, network, origin, context, tab, api } = await app(t, SHORT);
  const page = await tab();
  await logIn(page, demo(server));
  const devtools = await context.newCDPSession(page);
  await devtools.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' });
  await expired();
  assert.deepEqual(await call(page, api), ['signed_out']);
  assert.deepEqual(await eventsOf(page), ['signedIn', 'elsewhere']);
  await network.arrived('/logout', 1);
  await logIn(page, demo(server));
  assert.deepEqual(await call(page, api), [200]);
});

test('a disk that is full at a refresh leaves no stray session', async (t) => {
  const { server, tab, api } = await app(t, SHORT);
  const page = await tab();
  await logIn(page, demo(server));
  await expired();
  // A quota that small can't be had in Chromium. What a page sees of a full disk is a transaction that the browser aborts.
  await page.evaluate(() => {
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function full() { this.transaction.abort(); };
    globalThis.free = () => { IDBObjectStore.prototype.put = put; };
  });
  assert.deepEqual(await call(page, api), ['storage_failed']);
  assert.deepEqual(await eventsOf(page), ['signedIn', 'storage_failed']);
  await page.evaluate(() => free());
  await logIn(page, demo(server));
  const { sessions } = await page.evaluate(() => account.devices(client));
  assert.equal(sessions.length, 1);
});

test('a web storage that is full at a login leaves no stray session', async (t) => {
  const { server, tab } = await app(t);
  const page = await tab('/?per-tab');
  await page.evaluate(() => {
    for (let size = 4_194_304; size >= 1; size = Math.floor(size / 2)) {
      for (let index = 0; index < 2; index += 1) {
        try { sessionStorage.setItem(`${size} ${index}`, 'x'.repeat(size)); } catch { /* The next is smaller. */ }
      }
    }
  });
  const code = await page.evaluate((user) => client.login(user).then(() => 'in', (error) => error.code), demo(server));
  assert.equal(code, 'storage_failed');
  await page.evaluate(() => sessionStorage.clear());
  await logIn(page, demo(server));
  const { sessions } = await page.evaluate(() => account.devices(client));
  assert.equal(sessions.length, 1);
});

test('a key that is gone ends the session, with a reason', async (t) => {
  const { server, tab, api } = await app(t, SHORT);
  const page = await tab();
  await logIn(page, demo(server));
  await page.evaluate(async () => {
    const opened = indexedDB.open('latchgate');
    await new Promise((resolve) => { opened.onsuccess = resolve; });
    const change = opened.result.transaction('keys', 'readwrite');
    change.objectStore('keys').delete('dpop');
    await new Promise((resolve) => { change.oncomplete = resolve; });
    opened.result.close();
  });
  await expired();
  assert.deepEqual(await call(page, api), ['signed_out']);
  assert.deepEqual(await eventsOf(page), ['signedIn', 'key_lost']);
  await logIn(page, demo(server));
  assert.deepEqual(await call(page, api), [200]);
});

for (const off of [3_600_000, -3_600_000]) {
  test(`a clock that is ${off > 0 ? 'ahead' : 'behind'}, and is then set, causes no refused call`, async (t) => {
    const { server, network, tab, api } = await app(t, SHORT, { before: `{ const now = Date.now; Date.now = () => now() + (globalThis.off ?? ${off}); }` });
    const page = await tab();
    await logIn(page, demo(server));
    assert.deepEqual(await call(page, api), [200]);
    await page.reload();
    await settled(page);
    assert.deepEqual([await call(page, api), network.count('/refresh')], [[200], 0]);
    await page.evaluate(() => { globalThis.off = 0; });
    assert.deepEqual(await call(page, api), [200]);
    await expired();
    assert.deepEqual(await call(page, api), [200]);
    assert.deepEqual(await eventsOf(page), []);
    assert.equal(network.count('/sessions', 'GET'), 4, 'no call was refused');
  });
}

test('a page from the back/forward cache learns of a logout', async (t) => {
  const { server, origin, tab } = await app(t);
  const page = await tab();
  await logIn(page, demo(server));
  await page.evaluate(() => {
    globalThis.mark = 'alive';
    addEventListener('pageshow', ({ persisted }) => { globalThis.persisted = persisted; });
  });
  await page.goto(`${origin}/other`);
  const other = await tab();
  await other.evaluate(() => client.logout());
  await page.goBack({ waitUntil: 'commit' });
  const mark = () => page.evaluate(() => [globalThis.mark, globalThis.persisted]);
  assert.deepEqual(await mark(), ['alive', true], 'the page was in the cache');
  await expectEvents(page, ['signedIn', 'elsewhere']);
});

test('a page that was asleep refreshes when it is seen again', async (t) => {
  const { server, network, context, tab, api } = await app(t, SHORT);
  const page = await tab();
  await logIn(page, demo(server));
  const devtools = await context.newCDPSession(page);
  await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
  await expired();
  assert.equal(network.count('/refresh'), 0);
  await devtools.send('Page.setWebLifecycleState', { state: 'active' });
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await network.arrived('/refresh', 1);
  assert.deepEqual(await call(page, api), [200]);
  assert.equal(network.count('/refresh'), 1);
});

test('a page that slept for a day refreshes once', async (t) => {
  const { server, network, context, tab, api } = await app(t, {}, { before: MOVABLE });
  const page = await tab();
  await logIn(page, demo(server));
  const devtools = await context.newCDPSession(page);
  await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
  await devtools.send('Page.setWebLifecycleState', { state: 'active' });
  // The monotonic clock stood still, and the wall clock went on.
  await page.evaluate((day) => { globalThis.off = day; }, DAY);
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await network.arrived('/refresh', 1);
  assert.deepEqual(await call(page, api, 3), [200, 200, 200]);
  assert.equal(network.count('/refresh'), 1);
  assert.equal(network.count('/sessions', 'GET'), 3, 'no call was refused');
});

test('a tab that is frozen in the middle of a refresh holds up no other', async (t) => {
  const { server, network, context, tab, api } = await app(t, SHORT);
  const [page, other] = [await tab(), await tab()];
  await logIn(page, demo(server));
  await expectEvents(other, ['signedIn']);
  await expired();
  const release = network.hold('/refresh');
  const calls = call(page, api);
  await network.arrived('/refresh', 1);
  const devtools = await context.newCDPSession(page);
  await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
  assert.deepEqual(await call(other, api), [200]);
  await expired();
  assert.deepEqual(await call(other, api), [200]);
  release();
  await devtools.send('Page.setWebLifecycleState', { state: 'active' });
  assert.deepEqual(await calls, [200]);
  assert.deepEqual(await eventsOf(page), ['signedIn']);
});

test('a private window has a separate session, which is gone with it', async (t) => {
  const { server, origin, tab, api } = await app(t);
  const page = await tab();
  await logIn(page, demo(server));
  for (let time = 0; time < 2; time += 1) {
    const context = await (await chromiumOf()).newContext();
    const hidden = await context.newPage();
    await hidden.goto(origin);
    await settled(hidden);
    assert.equal(await hidden.evaluate(() => client.user()), undefined);
    await logIn(hidden, demo(server));
    assert.equal(await hidden.evaluate(async () => (await client.user()).isBound), true);
    await hidden.reload();
    await settled(hidden);
    assert.deepEqual(await call(hidden, api), [200]);
    await context.close();
  }
  assert.deepEqual(await call(page, api), [200]);
});

test('a page that shares a database with an older script leaves it free', async (t) => {
  const { server, tab } = await app(t);
  const page = await tab('/other');
  const isFree = await page.evaluate(async () => {
    const done = (request) => new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = reject; });
    const opening = indexedDB.open('latchgate', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('keys');
    const older = await done(opening);
    const { createClient } = await import('/dist/browser.js');
    const { issuer, clientId, url } = await (await fetch('/options.json')).json();
    await createClient({ issuer, clientId, url });
    older.close();
    const deleting = indexedDB.deleteDatabase('latchgate');
    return Promise.race([
      done(deleting).then(() => true),
      new Promise((resolve) => { deleting.onblocked = () => resolve(false); }),
    ]);
  });
  assert.equal(isFree, true);
  assert.ok(server);
});

test('an address that is no callback stays as it is', async (t) => {
  const { origin, tab } = await app(t);
  for (const address of ['/?state=CA', '/?code=7&state=CA', '/?error=none&state=CA#top']) {
    const page = await tab(address);
    assert.equal(page.url(), origin + address);
    assert.equal(await page.evaluate(() => callback), undefined);
  }
});

test('a sign-in that fails for a moment goes on after a reload', async (t) => {
  const { server, network, origin, tab } = await app(t);
  const page = await tab();
  await page.evaluate(() => { client.signIn(); });
  await page.waitForURL(`${server.network.url}/**`);
  network.breakAt('/token', { status: 503 });
  await signInAt(page, demo(server), origin);
  await settled(page);
  assert.equal(await page.evaluate(() => callback), 'temporarily_unavailable');
  await page.reload();
  await settled(page);
  assert.equal(await page.evaluate(() => callback.user.claims.sub), 'demo-user');
  assert.equal(page.url(), `${origin}/callback`);
});

test('a redirect of an API takes the token to no other origin', async (t) => {
  const seen = [];
  const listening = async (answer) => {
    const cors = { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'authorization, dpop' };
    const http = createServer((request, response) => {
      if (request.method !== 'OPTIONS') {
        seen.push(request.headers.authorization);
        return answer(response, cors);
      }
      return response.writeHead(204, cors).end();
    }).listen(0, '127.0.0.1');
    await once(http, 'listening');
    t.after(() => { http.closeAllConnections(); http.close(); });
    return `http://127.0.0.1:${http.address().port}/`;
  };
  const elsewhere = await listening((response, cors) => response.writeHead(200, cors).end());
  const api = await listening((response, cors) => response.writeHead(307, { ...cors, location: elsewhere }).end());
  const { server, tab } = await app(t);
  const page = await tab();
  await logIn(page, demo(server));
  const status = await page.evaluate(async (address) => {
    const other = await createClient({ ...options, apis: [address] });
    return (await other.fetch(address)).status;
  }, api);
  assert.equal(status, 200);
  assert.match(seen[0], /^DPoP ey/);
  assert.equal(seen[1], undefined);
});

test('a script in the page can start a sign-in with its own key', async (t) => {
  // What RFC 10017, section 5.1.3, warns of, and no client can prevent. It takes an address that isn't a loopback's.
  const shop = 'https://shop.example.com';
  const { server, context, origin } = await app(t, {}, { origins: [shop] });
  server.admin(['clients', 'create', 'shop', '--public', '--first-party', '--name', 'The shop', '--scope', 'openid read', '--redirect-uri', `${shop}/callback`]);
  // Chromium asks before a site of the Internet may call this machine.
  await context.grantPermissions(['local-network-access'], { origin: shop });
  await context.route(`${shop}/**`, async (route) => {
    const { pathname } = new URL(route.request().url());
    const file = pathname.startsWith('/dist/') && (await (await fetch(origin + pathname)).text());
    await route.fulfill(file ? { contentType: 'text/javascript', body: file } : { contentType: 'text/html', body: '<!doctype html><title>The shop</title>' });
  });
  const page = await context.newPage();
  await page.goto(`${shop}/`);
  const signInUrl = (prompt) => page.evaluate(async ([made, asked]) => {
    const { Client } = await import('/dist/index.js');
    const { dpop } = await import('/dist/dpop.js');
    globalThis.thief = new Client({ ...made, prover: dpop() });
    return thief.signInUrl({ prompt: asked });
  }, [options, prompt]);
  const options = { issuer: server.url, url: server.network.url, clientId: 'shop', scope: 'openid read', redirectUri: `${shop}/callback` };
  // The user signs in, as ever.
  await page.goto(await signInUrl());
  await signInAt(page, demo(server), shop);
  const isBound = await page.evaluate(async (address) => {
    const view = window.open(address);
    const back = () => {
      try { return view.location.href; } catch { return ''; /* Still at the issuer. */ }
    };
    for (const until = Date.now() + 5000; !back().includes('code=') && Date.now() < until;) {
      await new Promise((resolve) => { setTimeout(resolve, 10); });
    }
    return (await thief.handleCallback(back())).user.isBound;
  }, await signInUrl('none'));
  assert.equal(isBound, true, 'the tokens are bound to the key of the script');
});

test('a callback that is handled twice signs in once', async (t) => {
  const { server, network, origin, tab } = await app(t);
  const page = await tab();
  await page.evaluate(() => { client.signIn(); });
  await page.waitForURL(`${server.network.url}/**`);
  const release = network.hold('/token');
  await signInAt(page, demo(server), origin);
  await page.waitForFunction(() => globalThis.createClient !== undefined);
  // As React's Strict Mode does it, with a client of its own each time.
  const twice = page.evaluate(async () => {
    const { href } = location;
    const results = await Promise.all([(await createClient(options)).handleCallback(href), (await createClient(options)).handleCallback(href)]);
    return results.map((result) => result.user.claims.sub);
  });
  await sleep(500);
  release();
  assert.deepEqual(await twice, ['demo-user', 'demo-user']);
  assert.equal(network.count('/token'), 1);
});

test('a sign-in that the user has agreed to before needs no password', async (t) => {
  const { server, network, origin, tab } = await app(t);
  const page = await tab();
  await page.evaluate(() => { client.signIn(); });
  await page.waitForURL(`${server.network.url}/**`);
  await signInAt(page, demo(server), origin);
  await settled(page);
  await page.evaluate(() => client.logout());
  await page.goto(origin);
  await settled(page);
  await page.evaluate(() => { client.signIn(); });
  await goOn(page, `${origin}/callback`);
  await settled(page);
  assert.ok(await page.evaluate(() => client.user()));
  assert.equal(network.count('/token'), 2);
});

test('a service worker between page and network changes nothing', async (t) => {
  const { server, tab, api } = await app(t, SHORT);
  const page = await tab();
  await page.evaluate(async () => {
    const controlled = new Promise((resolve) => { navigator.serviceWorker.oncontrollerchange = resolve; });
    await navigator.serviceWorker.register('/worker.js');
    await controlled;
  });
  await logIn(page, demo(server));
  await expired();
  assert.deepEqual(await call(page, api, 5), [200, 200, 200, 200, 200]);
});
