// The recipe for Next.js in recipes/next, built and run, in Chromium.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { after, test } from 'node:test';

import { chromiumOf, closeChromium, signInAt } from './harness/browser.mjs';
import { demo, freePort, latchgate, orders, sleep } from './harness/server.mjs';

after(closeChromium);

const HERE = fileURLToPath(new URL('../', import.meta.url));
const RECIPE = `${HERE}recipes/next`;

test('the recipe for Next.js works', async (t) => {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const server = await latchgate(t, {}, ['--upstream', await orders(t)]);
  server.admin(['clients', 'update', 'demo-server', '--first-party', '--scope', 'openid profile read', '--redirect-uri', `${origin}/auth/callback`]);
  const env = {
    ...process.env,
    NEXT_TELEMETRY_DISABLED: '1',
    ORIGIN: origin, ISSUER: server.url, API: server.url, SCOPE: 'openid profile read', CLIENT_ID: 'demo-server', CLIENT_SECRET: server.client_secret,
  };
  const inside = { cwd: RECIPE, env, stdio: 'pipe' };
  if (!existsSync(`${RECIPE}/node_modules/next`)) {
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'], inside);
  }
  // As npm would install the package.
  cpSync(`${HERE}dist`, `${RECIPE}/node_modules/latchgate/dist`, { recursive: true });
  cpSync(`${HERE}package.json`, `${RECIPE}/node_modules/latchgate/package.json`);
  execFileSync('node', ['node_modules/next/dist/bin/next', 'build'], inside);
  const next = spawn('node', ['node_modules/next/dist/bin/next', 'start', '--port', String(port), '--hostname', 'localhost'], { ...inside, stdio: 'ignore' });
  t.after(() => next.kill());
  for (let tries = 0; !(await fetch(origin).catch(() => undefined)); tries += 1) {
    assert.ok(tries < 200, 'the recipe listens');
    await sleep(100);
  }

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
  const html = await page.content();
  assert.equal(/eyJ|lgr1_/.test(html), false, 'no token is in the page');
  await page.getByText('Sign out').click();
  await shows('Nobody is signed in.');
});
