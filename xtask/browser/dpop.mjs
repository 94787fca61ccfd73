// An app of another origin whose tokens are bound to a key of the device (RFC 9449), by the lines of docs/guide/dpop.md: no script can read
// the key, and it outlives a reload. Stolen tokens are worthless in another browser, and a wrong clock doesn't matter.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

import { chromium } from 'playwright-core';

/** How the lines begin. */
const API = "const API = 'https://auth.example.com';\n";

const url = environment('LATCHGATE_URL');
const port = Number(environment('LATCHGATE_ORIGIN_PORT'));
const client = { client_id: 'demo-app' };
const user = { username: 'demo', password: environment('LATCHGATE_PASSWORD') };

const blocks = readFileSync(environment('LATCHGATE_GUIDE'), 'utf8').split('\n```js\n').map((block) => block.split('\n```')[0]);
const [lines, ...others] = blocks.filter((block) => block.startsWith(API));
assert.ok(lines && others.length === 0, `the guide has one block that begins with ${API}`);
const script = `${lines.replace(API, `const API = '${url}';\n`)}\nexport { call, key, tokens };\n`;

const server = createServer((request, response) => {
  const isScript = request.url === '/guide.js';
  response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
  response.end(isScript ? script : '<!doctype html><title>An app</title>');
});
await new Promise((resolve) => { server.listen(port, '127.0.0.1', resolve); });
const browser = await chromium.launch({ executablePath: environment('LATCHGATE_CHROMIUM'), args: ['--no-sandbox'] });
try {
  const owner = await device();
  const first = await owner.login();
  assert.equal(first.token_type, 'DPoP', JSON.stringify(first));
  const refused = 'InvalidAccessError';
  assert.deepEqual(await owner.page.evaluate(takeKey), { jwk: refused, pkcs8: refused, json: '{}' });

  await owner.page.reload();
  const second = await owner.refresh(first);
  assert.deepEqual(confirmation(second), confirmation(first), 'the same key after a reload');
  assert.equal(await owner.call(second), 200);

  const thief = await device();
  assert.equal((await thief.refresh(second)).error, 'invalid_grant', 'a refresh token in another browser');
  assert.equal(await thief.call(second), 401, 'an access token in another browser');
  const third = await owner.refresh(second);
  assert.equal(await owner.call(third), 200, 'the thief did no harm');

  const late = await device(() => {
    const now = Date.now;
    Date.now = () => now() - 86_400_000;
  });
  assert.equal(await late.call(await late.login()), 200, 'a clock a day behind');
  console.log(`${environment('LATCHGATE_API')}: bound to a key that can't be exported, refreshed after a reload, stolen in vain`);
} finally {
  await browser.close();
  server.close();
}

/** A separate browser with the app open, which runs this script first. */
async function device(before = () => {}) {
  const page = await (await browser.newContext()).newPage();
  await page.addInitScript(before);
  await page.goto(`http://localhost:${port}`);
  const tokens = (...request) => page.evaluate(async (parts) => (await import('/guide.js')).tokens(...parts), request);
  return {
    page,
    login: () => tokens('/login', { ...client, ...user }),
    refresh: ({ refresh_token }) => tokens('/refresh', { grant_type: 'refresh_token', ...client, refresh_token }),
    call: ({ access_token }) => page.evaluate(async (parts) => {
      const { call } = await import('/guide.js');
      return (await call(...parts)).status;
    }, ['GET', `${url}/sessions`, access_token]),
  };
}

/** Runs in the page: tries to export the key, as a malicious script would. */
async function takeKey() {
  const { privateKey } = (await import('/guide.js')).key;
  const exported = (format) => crypto.subtle.exportKey(format, privateKey).then(() => 'exported', ({ name }) => name);
  return { jwk: await exported('jwk'), pkcs8: await exported('pkcs8'), json: JSON.stringify(privateKey) };
}

/** The key that an access token is bound to. */
function confirmation({ access_token: token }) {
  assert.ok(token, 'there are tokens');
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).cnf;
}

function environment(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set`);
  return value;
}
