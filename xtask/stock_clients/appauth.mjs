// AppAuth-JS in a page, as a third-party client: its users are asked for consent.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { named } from './environment.mjs';
import { close, site } from './site.mjs';

const NAME = named('@openid/appauth');
const PAGE = new URL('./appauth_page.js', import.meta.url);

export async function check({ browser, user, issuer, clients, origins: { partnerPage: origin } }) {
  const settings = { issuer, clientId: clients.partner, redirectUri: `${origin}/callback` };
  const server = await site(origin, `const settings = ${JSON.stringify(settings)};\n${readFileSync(PAGE, 'utf8')}`);
  const context = await browser.newContext();
  try {
    await checkPage(user(await context.newPage()), origin);
  } finally {
    await context.close();
    await close(server);
  }
}

async function checkPage(user, origin) {
  const { page } = user;
  await page.goto(origin);
  const configuration = await page.evaluate(() => window.discovered.then((found) => found.toJson()));
  assert.equal(configuration.token_endpoint, `${user.issuer}/token`);

  const signIn = () => page.evaluate(() => window.signIn());
  assert.deepEqual(await user.follow(signIn), ['Sign in', 'Allow'], NAME);
  const { code, state, expected, tokens, refused } = await page.evaluate(() => window.finished);
  assert.ok(code && state === expected, NAME);
  // A wrong verifier doesn't use the code up: the right one worked after it.
  assert.match(refused, /400/, `${NAME}: another verifier`);
  assert.equal(tokens.scope, 'email offline_access openid orders profile');
  const claims = await page.evaluate((token) => window.userinfo(token), tokens.access_token);
  assert.deepEqual([claims.sub, claims.email], ['demo-user', 'demo@example.com'], `${NAME}: /userinfo`);

  const refreshed = await page.evaluate((token) => window.refresh(token), tokens.refresh_token);
  assert.notEqual(refreshed.refresh_token, tokens.refresh_token, 'a refresh token is replaced');
  assert.ok(await page.evaluate((token) => window.revoke(token), refreshed.refresh_token));
  const after = await page.evaluate((token) => window.refresh(token).catch((error) => error.message), refreshed.refresh_token);
  assert.match(after, /400/, `${NAME}: revoked`);

  assert.ok(!(await user.follow(signIn)).includes('Allow'), `${NAME}: the consent is remembered`);
  await page.goto(`${origin}/`);
  await page.evaluate(() => window.signIn({ prompt: 'login' }));
  await page.waitForURL(`${user.issuer}/**`);
  await page.goto(`${origin}/callback?code=abc&state=another`);
  assert.equal(await page.evaluate(() => window.finished), null, `${NAME}: another state`);
  console.log(`${NAME}: signed in, asked for consent once, another verifier and state refused, claims, refreshed, revoked`);
}
