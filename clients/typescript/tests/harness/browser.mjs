// An app in Chromium. Tabs are pages of one context, which is a private window; nothing replaces `fetch`.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

import { chromium } from 'playwright-core';

import { environment, latchgate, optionsOf } from './server.mjs';

const DIST = new URL('../../dist/', import.meta.url);

/** What every page of the app runs. `client` is there once `ready` is settled. */
const SCRIPT = `
  import { createClient } from '/dist/browser.js';
  import * as account from '/dist/account.js';
  import * as storage from '/dist/browser-storage.js';

  const options = await (await fetch('/options.json')).json();
  const perTab = new URLSearchParams(location.search).has('per-tab');
  const made = { ...options, ...(perTab && { storage: storage.webStorage(sessionStorage) }) };
  globalThis.events = [];
  globalThis.createClient = createClient;
  globalThis.options = made;
  globalThis.ready = (async () => {
    const client = await createClient(made);
    client.on('signedIn', () => events.push('signedIn'));
    client.on('signedOut', ({ reason }) => events.push(reason));
    Object.assign(globalThis, { client, account });
    globalThis.callback = await client.handleCallback().catch((error) => error.code);
  })();
`;

const FILES = {
  '/app.js': ['text/javascript', SCRIPT],
  '/worker.js': ['text/javascript', 'self.onfetch = (event) => event.respondWith(fetch(event.request)); self.onactivate = (event) => event.waitUntil(clients.claim());'],
  '/other': ['text/html', '<!doctype html><title>Elsewhere</title>'],
};
const PAGE = '<!doctype html><title>An app</title><link rel="icon" href="data:,"><script type="module" src="/app.js"></script>';

let launched;

/** Starts Chromium, once for all tests of a file; `after` has to end it. */
export const chromiumOf = () => (launched ??= chromium.launch({
  executablePath: environment('LATCHGATE_CHROMIUM'),
  args: ['--no-sandbox'],
  // Playwright turns the back/forward cache off; users have it.
  ignoreDefaultArgs: ['--disable-back-forward-cache'],
}));

export const closeChromium = async () => (await launched)?.close();

/** An app of its own origin, with a server of its own. `tab` opens another page of it. */
export async function app(t, parameters = {}, { before, dpop = true, origins = [] } = {}) {
  const files = { ...FILES };
  const http = createServer(async ({ url }, response) => {
    const path = url.split('?')[0];
    const [type, text] = files[path] ?? (path.startsWith('/dist/') ? ['text/javascript', await readFile(new URL(path.slice(6), DIST))] : ['text/html', PAGE]);
    response.writeHead(200, { 'content-type': type }).end(text);
  });
  await new Promise((resolve) => { http.listen(0, '127.0.0.1', resolve); });
  const origin = `http://localhost:${http.address().port}`;
  const server = await latchgate(t, parameters, ['--origin', [origin, ...origins].join(',')]);
  files['/options.json'] = ['application/json', JSON.stringify(optionsOf(server, { redirectUri: `${origin}/callback`, dpop }))];
  const context = await (await chromiumOf()).newContext();
  // What nobody has caught, promises included.
  const uncaught = [];
  context.on('weberror', (one) => uncaught.push(one.error().message));
  t.after(async () => {
    await context.close();
    http.closeAllConnections();
    http.close();
    assert.deepEqual(uncaught, []);
  });
  if (before) {
    await context.addInitScript(before);
  }
  const tab = async (path = '/') => {
    const page = await context.newPage();
    await page.goto(origin + path);
    if (path !== '/other') {
      await settled(page);
    }
    return page;
  };
  const api = `${server.network.url}/sessions`;
  return { server, network: server.network, origin, context, tab, api };
}

/** Waits until the page's client is there. */
export async function settled(page) {
  await page.waitForFunction(() => globalThis.ready !== undefined);
  await page.evaluate(() => ready);
}

/** Logs in by the page's own form, as it were. */
export const logIn = (page, user) => page.evaluate((fields) => client.login(fields).then(() => {}), user);

/** So many calls at once; the statuses, or the codes of the errors. */
export const call = (page, url, count = 1) =>
  page.evaluate(([address, times]) => {
    const one = () => client.fetch(address).then(({ status }) => status, (error) => error.code);
    return Promise.all(Array.from({ length: times }, one));
  }, [url, count]);

export const eventsOf = (page) => page.evaluate(() => events);

/** Waits until the events of the page are these. */
export const expectEvents = (page, expected) =>
  page.waitForFunction((text) => JSON.stringify(events) === text, JSON.stringify(expected), { timeout: 5000 });

/** A person at Latchgate's pages: signs in, and says yes to what they ask. */
export async function signInAt(page, { username, password }, back) {
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await goOn(page, back);
}

/** Presses `Continue` or `Allow` where the page asks, until the browser is back. */
export async function goOn(page, back) {
  const button = page.getByRole('button', { name: /^(Continue|Allow)$/ });
  const isBack = page.waitForURL((url) => url.href.startsWith(back));
  await Promise.race([isBack, button.click().then(() => isBack, () => isBack)]);
}
