// The recipes of README.md, as they stand there, in Chromium.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { after, test } from 'node:test';

import { build } from 'esbuild';

import { chromiumOf, closeChromium, goOn, signInAt } from './harness/browser.mjs';
import { demo, freePort, latchgate, orders, sleep } from './harness/server.mjs';

after(closeChromium);

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const [DIST, HERE] = [new URL('../dist/', import.meta.url), new URL('./', import.meta.url)];

/** The first block below this heading, with some of its text replaced. */
function recipe(heading, replacements) {
  const [, below] = README.split(`\n## ${heading}\n`);
  const block = /\n```\w+\n(.*?)\n```\n/s.exec(below)[1];
  return Object.entries(replacements).reduce((text, [from, to]) => {
    assert.ok(text.includes(from), `the recipe has ${from}`);
    return text.replaceAll(from, to);
  }, block);
}

/** What stands for the reader's own addresses and names in the recipes of pages. */
const ofPage = ({ url }) => ({
  'https://auth.example.com': url, 'https://api.example.com': url, 'shop-web': 'demo-app', 'profile orders': 'profile read',
});

/** A person who signs in, looks at the orders, and signs out; with a reload in between. */
async function visit(t, origin, server) {
  const context = await (await chromiumOf()).newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  const shows = (text) => page.getByText(text).waitFor();
  await page.goto(origin);
  await shows('Nobody is signed in.');
  await page.getByText('Sign in', { exact: true }).click();
  await page.waitForURL(`${server.url}/**`);
  await signInAt(page, demo(server), origin);
  await shows('Hello, Demo User');
  await page.getByText('My orders').click();
  await shows('orders of demo-user');
  await page.reload();
  await shows('Hello, Demo User');
  return { context, page, shows };
}

/** Serves a page, and scripts, at an origin that the server allows. */
async function served(t, filesOf) {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const server = await latchgate(t, {}, ['--origin', origin, '--upstream', await orders(t)]);
  const files = await filesOf(server);
  const http = createServer(async ({ url }, response) => {
    const [path] = url.split('?');
    const library = path.startsWith('/latchgate/') && (await readFile(new URL(path.slice('/latchgate/'.length), DIST)));
    const script = library || files[path];
    response.writeHead(200, { 'content-type': script ? 'text/javascript' : 'text/html' }).end(script ?? files.page);
  });
  http.listen(port, '127.0.0.1');
  t.after(() => { http.closeAllConnections(); http.close(); });
  return { origin, server };
}

/** Signs out in one of two tabs, and comes back without a password. */
async function leave(origin, { context, page, shows }) {
  const other = await context.newPage();
  await other.goto(origin);
  await other.getByText('Hello, Demo User').waitFor();
  await page.getByText('Sign out').click();
  await shows('Signed out: logout');
  await other.getByText('Signed out: logout').waitFor();
  // The browser is still signed in at Latchgate.
  await page.goto(origin);
  await page.getByText('Sign in', { exact: true }).click();
  await goOn(page, `${origin}/callback`);
  await shows('Hello, Demo User');
}

test('the plain page of the README works', async (t) => {
  const { origin, server } = await served(t, (latchgate) => ({ page: recipe('A plain page', ofPage(latchgate)) }));
  await leave(origin, await visit(t, origin, server));
});

for (const [heading, loader] of [['React', 'jsx'], ['Vue', 'js']]) {
  test(`the recipe for ${heading}`, async (t) => {
    const { origin, server } = await served(t, async (latchgate) => ({
      page: '<!doctype html><title>The shop</title><div id="app"></div><script type="module" src="/app.js"></script>',
      '/app.js': await bundled(recipe(heading, ofPage(latchgate)), loader),
    }));
    await leave(origin, await visit(t, origin, server));
  });
}

/** A script with all that it imports, as a bundler of an app makes it. */
async function bundled(contents, loader) {
  const stdin = { contents, loader, resolveDir: HERE.pathname };
  const define = { __VUE_OPTIONS_API__: 'true', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' };
  const { outputFiles } = await build({
    stdin, define, bundle: true, format: 'esm', jsx: 'automatic', jsxDev: true, write: false, logLevel: 'silent',
    // Templates in the page are compiled there.
    alias: { vue: 'vue/dist/vue.esm-bundler.js' },
  });
  return outputFiles[0].text;
}

test('the Node server of the README works', async (t) => {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const server = await latchgate(t, {}, ['--upstream', await orders(t)]);
  server.admin(['clients', 'update', 'demo-server', '--first-party', '--scope', 'openid profile read', '--redirect-uri', `${origin}/auth/callback`]);
  const script = recipe('A Node server', {
    'https://auth.example.com': server.url, 'https://api.example.com': server.url, 'https://shop.example.com': origin,
    'shop-server': 'demo-server', 'profile orders': 'profile read', 'listen(3000)': `listen(${port}, '127.0.0.1')`,
  });
  const folder = mkdtempSync(new URL('recipe-', HERE).pathname);
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(`${folder}/server.mjs`, script);
  const process = spawn('node', [`${folder}/server.mjs`], { env: { ...globalThis.process.env, CLIENT_SECRET: server.client_secret }, stdio: 'inherit' });
  t.after(() => process.kill());
  for (let tries = 0; !(await fetch(origin).catch(() => undefined)); tries += 1) {
    assert.ok(tries < 100, 'the recipe listens');
    await sleep(100);
  }
  const { context, page, shows } = await visit(t, origin, server);
  const [session] = await context.cookies(origin);
  assert.deepEqual([session.name, session.httpOnly, session.secure, session.sameSite], ['__Host-Http-session', true, true, 'Strict']);
  const seen = await page.evaluate(async () => ({ cookie: document.cookie, kept: (await indexedDB.databases()).length + localStorage.length + sessionStorage.length }));
  assert.deepEqual(seen, { cookie: '', kept: 0 }, 'a script finds nothing');
  const foreign = await page.evaluate(async () => (await fetch('/api/orders')).status);
  assert.equal(foreign, 401, 'without the header nothing is done');
  const sent = await page.evaluate(async () => {
    const response = await fetch('/api/orders', { method: 'POST', body: '{}', headers: { 'X-CSRF': '1', 'Content-Type': 'application/json' } });
    return response.text();
  });
  assert.equal(sent, 'orders of demo-user, by application/json and no cookie');
  // A method that `fetch` doesn't know.
  await new Promise((resolve) => { request({ port, host: '127.0.0.1', method: 'TRACE' }).on('error', resolve).end(); });
  assert.equal((await fetch(origin)).status, 200, 'the server goes on');
  await page.getByText('Sign out').click();
  await shows('Nobody is signed in.');
});
