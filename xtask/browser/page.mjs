// The local server's page in a real browser: what it shows, that it works, that it is accessible, and that it fits.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { chromium } from 'playwright-core';

const axe = readFileSync(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const url = environment('LATCHGATE_URL');
const pictures = environment('LATCHGATE_PICTURES');
const port = new URL(url).port;
const WIDTHS = [320, 390, 1280];

const browser = await chromium.launch({
  executablePath: environment('LATCHGATE_CHROMIUM'),
  // Chromium has no sandbox as root; this opens only our own pages.
  args: ['--no-sandbox'],
});
try {
  await use(`http://localhost:${port}/`);
  // The time of the proofs then differs from the server's, so the server asks for a nonce.
  await use(`http://127.0.0.1:${port}/`, { isLate: true });
  for (const colorScheme of ['light', 'dark']) {
    for (const width of WIDTHS) {
      await look(colorScheme, width);
    }
  }
} finally {
  await browser.close();
}

/** A page, and all that goes wrong in it. */
async function open(address, { isLate = false, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const faults = [];
  // Chromium's console also reports each 4xx that the test provokes below.
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !message.text().startsWith('Failed to load resource')) {
      faults.push(message.text());
    }
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      window.violations.push(`${violatedDirective} ${blockedURI}`);
    });
  });
  if (isLate) {
    await page.addInitScript(() => {
      const now = Date.now;
      Date.now = () => now() - 86_400_000;
    });
  }
  const response = await page.goto(address);
  assert.equal(response.status(), 200);
  await page.getByText('behind an emulated').waitFor();
  await page.getByText('live', { exact: true }).waitFor();
  return {
    page,
    async close() {
      faults.push(...await page.evaluate(() => window.violations));
      assert.deepEqual(faults, [], address);
      await context.close();
    },
  };
}

/** Log in, call, refresh, be taken for a thief, log out: with the keyboard where it can be. */
async function use(address, options) {
  const { page, close } = await open(address, options);
  const outcome = (text) => page.locator('#outcome', { hasText: text }).waitFor();
  const shows = async (selector, text) => {
    await page.locator(selector, { hasText: text }).first().waitFor();
  };
  const press = async (name) => {
    await page.getByRole('button', { name, exact: true }).focus();
    await page.keyboard.press('Enter');
  };
  await shows('#about', 'REST API at');
  await shows('#routes', '/sessions/{session_id}');
  const routes = await page.locator('#routes li').allInnerTexts();
  const routed = (path) => routes.map((line) => line.split(/\s+/)).filter((words) => words.includes(path)).map((words) => words.join(' '));
  assert.deepEqual(routed('/sessions'), ['GET /sessions sessions, behind the authorizer']);
  assert.deepEqual(routed('/sessions/{session_id}'), ['DELETE /sessions/{session_id} sessions, behind the authorizer']);
  assert.deepEqual(routed('/refresh'), ['POST /refresh refresh']);
  assert.deepEqual(routed('/password'), ['POST /password password, behind the authorizer']);
  assert.doesNotMatch(routes.join(), /OPTIONS/, 'preflights');
  await shows('#demo-hint', 'correct horse battery staple');

  await page.getByLabel('Password', { exact: true }).fill('Wrong-password-1');
  await press('Log in');
  await outcome('Not logged in: 400.');
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery staple');
  await page.keyboard.press('Enter');
  await outcome('Logged in.');
  await shows('#outcome', "bound to this browser's key");
  assert.equal(await page.locator('#exchanges > li').count(), options?.isLate ? 3 : 2, 'two logins, and another request for a nonce');
  await shows('#jwt-claims', 'client_id');
  await shows('#jwt-claims', 'cnf');
  await shows('#jwt-header', 'ES256');
  await shows('#refresh-parts', 'generation0');
  await shows('#events', 'login_succeeded');
  await shows('#events', 'invalid_grant: wrong_password');

  const exchanges = await page.locator('#exchanges').innerText();
  assert.match(exchanges, /POST \/login/);
  assert.doesNotMatch(exchanges, /correct(\+|%20| )horse/, 'a password');
  const access = await tokenOf(page, /(?<="access_token": ")eyJ[\w-]+\.[\w-]+\.[\w-]+/);
  assert.doesNotMatch(await page.locator('main').innerText(), /lgr[12]_[\w-]{12}/, 'the refresh token is not shown whole');

  await press('GET /sessions');
  await outcome('The user is signed in on');
  await press('Use the tokens as a thief');
  await outcome("The thief gets nothing without this browser's key: GET /sessions answered 401, POST /refresh 400.");
  await shows('#events', 'with a proof of another key than its own');
  await press('Send');
  await outcome('GET /sessions: 200.');
  await press('Refresh');
  await outcome('Refreshed');
  await shows('#refresh-parts', 'generation1');
  await press('Refresh');
  await shows('#refresh-parts', 'generation2');

  await page.getByLabel('Path', { exact: true }).fill('/.well-known/jwks.json');
  await press('Send');
  await outcome('GET /.well-known/jwks.json: 200.');
  await page.getByLabel('Path', { exact: true }).fill('//evil.example/x');
  await press('Send');
  await outcome('GET /evil.example/x: 4');

  await press('Use the first refresh token again');
  await outcome('taken for theft');
  await shows('#events', 'Probably theft');

  await press('Log in');
  await outcome('Logged in.');
  await press('Log out');
  await outcome('answered 401');
  await shows('#events', 'it was logged out');
  assert.ok(await page.getByRole('button', { name: 'Refresh', exact: true }).isDisabled());

  // The key is the same after a reload. Without it a thief gets in.
  const key = () => page.locator('#refresh-parts dt', { hasText: 'key' }).last().locator('xpath=following-sibling::dd[1]').locator('code').innerText();
  await press('Log in');
  await shows('#refresh-parts', 'generation0');
  const before = await key();
  await page.reload();
  await shows('#demo-hint', 'correct horse battery staple');
  await press('Log in');
  await shows('#refresh-parts', 'generation0');
  assert.equal(await key(), before);
  await page.getByLabel('Bind the tokens to a key of this browser').uncheck();
  await press('Log in');
  await shows('#refresh-parts', 'lgr1_');
  await press('Use the tokens as a thief');
  await outcome('The thief gets in: GET /sessions answered 200.');
  await page.getByLabel('Bind the tokens to a key of this browser').check();

  // A confidential client, whose secret the page fills in.
  await page.getByLabel('Client', { exact: true }).fill('demo-server');
  await press('Log in');
  await outcome('Logged in.');
  await shows('#jwt-claims', 'demo-server');
  await press('Log out everywhere');
  await outcome('Logged out everywhere.');

  // Events that another program causes arrive too.
  const elsewhere = await fetch(`${url}/from-elsewhere`, { headers: { authorization: `Bearer ${access}` } });
  assert.ok(elsewhere.status >= 400);
  await shows('#events', '/from-elsewhere');
  await close();
  console.log(`${address}: logged in, called, refreshed, a thief, logged out; nothing in the console`);
}

/** The token in what the page shows, when it shows tokens whole. */
async function tokenOf(page, pattern) {
  await page.getByLabel('Show tokens whole').check();
  const text = await page.locator('#exchanges').innerText();
  await page.getByLabel('Show tokens whole').uncheck();
  const [token] = text.match(pattern) ?? [];
  assert.ok(token, 'the token is shown whole when it is asked for');
  return token;
}

/** No violation, no overflow, and a picture. */
async function look(colorScheme, width) {
  const { page, close } = await open(`http://localhost:${port}/`, { colorScheme, viewport: { width, height: 900 } });
  const name = `${colorScheme}-${width}`;
  const check = async (state) => {
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(overflow, 0, `${name}, ${state}: it scrolls sideways`);
    await page.evaluate(axe);
    const { violations, passes } = await page.evaluate(() => axe.run());
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    assert.deepEqual(found, [], `${name}, ${state}`);
    assert.ok(passes.some(({ id }) => id === 'color-contrast'), 'contrast was looked at');
  };
  await check('before a login');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.locator('#outcome', { hasText: 'Logged in.' }).waitFor();
  await page.getByRole('button', { name: 'Refresh', exact: true }).click();
  await page.locator('#refresh-parts', { hasText: 'generation1' }).waitFor();
  await page.locator('#events', { hasText: 'refresh_succeeded' }).waitFor();
  await page.getByRole('button', { name: 'GET /sessions' }).click();
  await page.locator('#outcome', { hasText: 'signed in on' }).waitFor();
  await check('logged in');
  await page.mouse.move(0, 0);
  await page.evaluate(() => document.activeElement.blur());
  await page.screenshot({ path: `${pictures}/${name}.png` });
  await page.screenshot({ path: `${pictures}/${name}-whole.png`, fullPage: true });
  for (const details of await page.locator('details:not([open]) > summary').all()) {
    if (await details.isVisible()) {
      await details.click();
    }
  }
  await check('with everything unfolded');
  await page.getByRole('button', { name: 'Log out everywhere' }).click();
  await page.locator('#outcome', { hasText: 'Logged out everywhere.' }).waitFor();
  await close();
  console.log(`${name}: axe finds nothing, and it fits`);
}

function environment(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set`);
  return value;
}
