// A page of another origin calls the API: from an allowed origin it can read the refusal of an expired token, from another it can't.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';

import { chromium } from 'playwright-core';

const url = environment('LATCHGATE_URL');
const allowed = await site(Number(environment('LATCHGATE_ORIGIN_PORT')));
const other = await site(0);
const browser = await chromium.launch({ executablePath: environment('LATCHGATE_CHROMIUM'), args: ['--no-sandbox'] });
try {
  const page = await (await browser.newContext()).newPage();
  await page.goto(allowed.origin);
  const login = await page.evaluate(ask, [`${url}/login`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: 'demo-app', username: 'demo', password: environment('LATCHGATE_PASSWORD') }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  }]);
  assert.equal(login.status, 200, login.failure);
  const token = JSON.parse(login.text).access_token;
  const call = [`${url}/sessions`, { headers: { authorization: `Bearer ${token}` } }];
  assert.equal((await page.evaluate(ask, call)).status, 200);
  // Tokens live for some seconds here.
  let expired = {};
  for (let tries = 0; expired.status !== 401 && !expired.failure && tries < 30; tries += 1) {
    await page.waitForTimeout(500);
    expired = await page.evaluate(ask, call);
  }
  assert.equal(expired.status, 401, `an allowed origin reads the status: ${expired.failure}`);

  await page.goto(other.origin);
  for (const path of ['/sessions', '/_local/about', '/_local/events', '/']) {
    const refused = await page.evaluate(ask, [`${url}${path}`, path === '/sessions' ? call[1] : { headers: { accept: 'text/html' } }]);
    assert.equal(refused.status, undefined, `another origin reads nothing of ${path}`);
  }
  await page.goto(allowed.origin);
  for (const path of ['/_local/about', '/_local/events', '/_local/page.js']) {
    const refused = await page.evaluate(ask, [`${url}${path}`, {}]);
    assert.equal(refused.status, undefined, `an origin that may call the API reads nothing of ${path}`);
  }
  console.log(`${environment('LATCHGATE_API')}: ${allowed.origin} reads an expired token's 401, ${other.origin} nothing`);
} finally {
  await browser.close();
  allowed.server.close();
  other.server.close();
}

/** In the page: what a script is told. */
async function ask([address, options]) {
  try {
    const response = await fetch(address, options);
    return { status: response.status, text: await response.text() };
  } catch (error) {
    return { failure: String(error) };
  }
}

/** A site with an empty page. */
async function site(port) {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>An app</title>');
  });
  await new Promise((resolve) => { server.listen(port, '127.0.0.1', resolve); });
  return { server, origin: `http://localhost:${server.address().port}` };
}

function environment(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set`);
  return value;
}
