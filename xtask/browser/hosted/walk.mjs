// A user's way through all pages, in one language, with JavaScript or without it: `at` is called at each of them.

import assert from 'node:assert/strict';

import { statusOf } from './app.mjs';
import { environment, url } from './environment.mjs';
import { button, clickTwice, press, send, sendTwice } from './form.mjs';

const NEXT_PASSWORD = 'amber orchard rain 77';
/** Attempts on one user name in a quarter of an hour. */
const BUDGET = 20;

const problem = (page) => page.locator('#problem[role=alert]');

/** A signed-in user comes for a client. A page that only asks whether to continue gets a yes. */
async function comeBack(person, request, at = async () => {}) {
  const { page } = person;
  await page.goto(request.url);
  if (page.url().startsWith(url)) {
    assert.equal(await page.locator('input[name=password]').count(), 0, 'the user is signed in');
    await at(person, 'continue');
    await page.locator('button.primary').click();
  }
}

/** Signs in at an app's request, with mistakes on the way. Returns the app's tokens. */
export async function signIn(person, app, user, at) {
  const { page } = person;
  const request = app.request('shop', { scope: 'openid profile read' });
  await page.goto(request.url);
  await at(person, 'sign-in');
  const wrong = await send(page, 'sign-in', { username: user.name, password: 'not this one' });
  assert.equal(wrong.status(), 401);
  assert.equal(await page.inputValue('input[name=username]'), user.name, 'the name is kept');
  assert.equal(await page.inputValue('input[name=password]'), '', 'the password is not');
  assert.equal(await problem(page).count(), 1);
  assert.match(await page.title(), /^(Error|Lỗi): /);
  await at(person, 'wrong-password');
  await send(page, 'sign-in', { password: user.password });
  const tokens = await app.tokens(page, request);
  assert.equal(await statusOf(tokens), 200);

  // The Back button leads to an earlier page, or to the app with a new code; in both cases no session ends.
  await page.goBack().catch(() => {});
  assert.equal(await statusOf(tokens), 200);
  await comeBack(person, app.request('shop', { scope: 'openid' }), at);
  await page.waitForURL(`${app.home}?*`);
  return tokens;
}

/** A third-party app: the user refuses, then agrees, and isn't asked a second time. */
export async function consent(person, app, at) {
  const { page } = person;
  const scope = 'openid profile email phone address offline_access parcels';
  const request = app.request('parcels', { scope });
  await page.goto(request.url);
  await at(person, 'consent');
  await press(page, 'deny');
  assert.equal((await app.answer(page, request)).get('error'), 'access_denied');
  await page.goBack().catch(() => {});

  const again = app.request('parcels', { scope });
  await page.goto(again.url);
  await sendTwice(page, 'allow');
  const tokens = await app.tokens(page, again);
  assert.ok(tokens.refresh_token, 'offline_access was agreed to');
  // The same scope at another API: the user hasn't agreed to that.
  const elsewhere = app.request('parcels', { scope: 'parcels', resource: 'https://parcels.example.com/mcp' });
  await page.goto(elsewhere.url);
  assert.ok((await page.locator('main').innerText()).includes('Parcels for assistants'));
  await at(person, 'consent-resource');
  await press(page, 'deny');
  assert.equal((await app.answer(page, elsewhere)).get('error'), 'access_denied');
  const later = app.request('parcels', { scope });
  await comeBack(person, later);
  assert.ok((await app.answer(page, later)).get('code'));
  return tokens;
}

/** The account page: asks for mails about new devices and stops them, ends one session, then all, and changes the password. */
export async function account(person, user, tokens, at) {
  const { page } = person;
  await page.goto(`${url}/account`);
  const devices = page.locator('.devices > li');
  const count = await devices.count();
  assert.ok(count === 4, `${count} devices`);
  const own = devices.filter({ hasNot: page.locator('button') });
  assert.equal(await own.count(), 1, 'one device is this one, and has no button');
  assert.ok(await own.locator('.badge').first().isVisible());
  await at(person, 'account');

  assert.equal((await sendTwice(page, 'new-device-mails-on')).status(), 200);
  await at(person, 'new-device-mails-on');
  assert.equal((await press(page, 'new-device-mails-off')).status(), 200);
  await at(person, 'new-device-mails-off');
  assert.equal(await button(page, 'new-device-mails-on').count(), 1);

  await sendTwice(page, 'end');
  assert.equal(await devices.count(), count - 1, 'one session ended, not two');
  await at(person, 'device-signed-out');
  assert.equal((await press(page, 'end-all')).status(), 200);
  assert.equal(await devices.count(), 1);
  assert.equal(await button(page, 'end-all').count(), 0);
  for (const ended of tokens) {
    assert.equal(await statusOf(ended), 401, 'a session of an app ended');
  }

  const change = { current_password: user.password, new_password: NEXT_PASSWORD };
  const open = () => page.locator('details:not([open]) > summary').click();
  await open();
  assert.equal((await send(page, 'change-password', { ...change, current_password: 'not this one' })).status(), 401);
  await at(person, 'wrong-current-password');
  assert.equal((await send(page, 'change-password', { ...change, new_password: 'password1' })).status(), 400);
  await at(person, 'common-password');
  await page.locator('input[name=current_password]').fill(change.current_password);
  await page.locator('input[name=new_password]').fill(change.new_password);
  assert.equal((await sendTwice(page, 'change-password')).status(), 200);
  await at(person, 'password-changed');
  user.password = NEXT_PASSWORD;
}

/** Signs out with the account page's button; then the Back button shows nothing of the account. */
export async function signOut(person, at) {
  const { page } = person;
  await page.goto(`${url}/account`);
  await sendTwice(page, 'sign-out');
  await page.goto(`${url}/account`);
  await page.goBack().catch(() => {});
  assert.equal(await page.locator('.devices').count(), 0, 'Back shows no account');
  await page.goto(`${url}/account`);
  assert.equal(await page.locator('input[name=password]').count(), 1);
  await at(person, 'sign-in-to-account');
}

/** Signs out at the request of an app, which gets the browser back. */
export async function endSession(person, app, user, at) {
  const { page } = person;
  await page.goto(`${url}/account`);
  await page.locator('input[name=username]').fill(user.name);
  await page.locator('input[name=password]').fill(user.password);
  await clickTwice(person, 'sign-in');
  await page.locator('.devices').waitFor();
  const back = new URLSearchParams({ client_id: 'shop', post_logout_redirect_uri: `${app.origin}/bye` });
  await page.goto(`${url}/end-session?${back}`);
  await at(person, 'sign-out');
  await press(page, 'cancel');
  assert.equal(page.url(), `${url}/account`);
  await page.locator('.devices').waitFor();
  await page.goto(`${url}/end-session?${back}`);
  await press(page, 'sign-out');
  await page.waitForURL(`${app.origin}/bye`);
  await page.goto(`${url}/end-session`);
  await at(person, 'signed-out');
}

/** A password that has to be changed first. */
export async function mustChange(person, app, user, at) {
  const { page } = person;
  const request = app.request('shop', { scope: 'openid' });
  await page.goto(request.url);
  assert.equal((await send(page, 'sign-in', { username: user.name, password: user.password })).status(), 200);
  await at(person, 'must-change');
  const rejected = { current_password: user.password, new_password: `${user.name}1` };
  assert.equal((await send(page, 'change-password', rejected)).status(), 400);
  await at(person, 'like-user-name');
  await page.locator('input[name=current_password]').fill(user.password);
  await page.locator('input[name=new_password]').fill(NEXT_PASSWORD);
  await sendTwice(page, 'change-password');
  assert.equal(await statusOf(await app.tokens(page, request)), 200);
  await signOut(person, async () => {});
}

/** A spent budget looks like a wrong password, so it tells a stranger nothing. */
export async function spentBudget(person, app, user, at) {
  const { page } = person;
  await page.goto(app.request('shop', { scope: 'openid' }).url);
  const main = async () => (await page.locator('main').innerHTML()).replace(/(name="csrf" value=")[^"]*/, '$1');
  await send(page, 'sign-in', { username: user.name, password: 'not this one' });
  const wrong = await main();
  for (let attempt = 1; attempt < BUDGET; attempt += 1) {
    const body = new URLSearchParams({ client_id: 'demo-app', username: user.name, password: 'nor this one' });
    const response = await fetch(`${url}/login`, { method: 'POST', body });
    assert.equal(response.status, 400);
    await response.arrayBuffer();
  }
  const spent = await send(page, 'sign-in', { username: user.name, password: user.password });
  assert.equal(spent.status(), 401, 'the right password, too late');
  assert.equal(await main(), wrong);
  await at(person, 'budget-spent');
}

/** Bad requests, each of which leads to its page and never to the app. */
export async function errors(person, app, at) {
  const { page } = person;
  const { url: good } = app.request('shop', { scope: 'openid' });
  const bad = {
    'unknown-app': [good.replace('client_id=shop', 'client_id=nobody'), 400],
    'wrong-address': [good.replace('callback', 'elsewhere'), 400],
    'bad-request': [`${good}&client_id=shop`, 400],
    'not-available': [`${environment('LATCHGATE_DOWN_URL')}/authorize?client_id=demo-app`, 503],
  };
  for (const [name, [address, status]] of Object.entries(bad)) {
    assert.equal((await page.goto(address)).status(), status, name);
    assert.equal(page.url(), address);
    await at(person, name);
  }
  // A form that another site sends.
  await page.goto(`${app.origin}/foreign`);
  assert.equal((await press(page, 'sign-out')).status(), 403);
  await at(person, 'foreign-form');
}
