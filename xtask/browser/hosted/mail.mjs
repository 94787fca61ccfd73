// A user's way through the pages that work by mail, in one language, with JavaScript or without it: a new account and a forgotten
// password, each by the link in another browser and by the code in the same one. `at` is called at each of the pages.

import assert from 'node:assert/strict';

import { logIn, statusOf } from './app.mjs';
import { url } from './environment.mjs';
import { follow, press, send, sendTwice, sendUnchecked } from './form.mjs';
import { openLink } from './link.mjs';
import { Mailbox, otherThan } from './mailbox.mjs';
import { visitor } from './visitor.mjs';
import { signOut } from './walk.mjs';

const PASSWORD = 'violet harbour mist 41';
const NEXT_PASSWORD = 'amber orchard rain 77';
const SUBJECTS = {
  en: { signUp: /^Confirm /, reset: /^Choose a new password/ },
  vi: { signUp: /^Xác nhận /, reset: /^Đặt mật khẩu mới/ },
};
const OTHER = { en: 'vi', vi: 'en' };
const silent = async () => {};
const code = (page) => page.locator('input[name=code]');

/** A new account by the link, which a browser in another language opens. */
export async function signUpByLink(person, browser, app, address, { language, at }) {
  const { page } = person;
  const mailbox = new Mailbox(address);
  const request = app.request('shop', { scope: 'openid' });
  await page.goto(request.url);
  await follow(page, 'account/new');
  await at(person, 'new-account');
  await page.locator('input[name=email]').fill('ada');
  assert.equal(await page.locator('input[name=email]:invalid').count(), 1, 'the browser knows what an address is');
  assert.equal((await sendUnchecked(page, 'ask', { email: 'ada' })).status(), 400);
  assert.equal(await page.inputValue('input[name=email]'), 'ada', 'the text is kept');
  await at(person, 'malformed-address');
  assert.equal((await send(page, 'ask', { email: 'ada@elsewhere.example' })).status(), 403);
  await at(person, 'other-domain');
  assert.equal((await send(page, 'ask', { email: address })).status(), 200);
  await at(person, 'mail-sent');
  const first = await mailbox.next();
  assert.match(first.subject, SUBJECTS[language].signUp);
  assert.equal((await press(page, 'resend')).status(), 200);
  await at(person, 'mail-sent-again');
  const second = await mailbox.next();
  assert.notEqual(second.link, first.link);
  assert.equal((await send(page, 'enter-code', { code: otherThan(second.code) })).status(), 400);
  assert.equal(await code(page).inputValue(), '', 'a wrong code is not kept');
  await at(person, 'wrong-code');

  const other = await visitor(browser, { locale: OTHER[language], javaScriptEnabled: person.javaScriptEnabled });
  await openLink(other, first.link, 400, silent);
  await openLink(other, second.link, 200, () => at(other, 'choose-password'));
  await chooseBadly(other, address, at);
  await send(other.page, 'choose-password', { new_password: PASSWORD });
  await at(other, 'account-created');
  await follow(other.page, 'account');
  await send(other.page, 'sign-in', { username: address, password: PASSWORD });
  await other.page.locator('.devices').waitFor();
  await openLink(other, second.link, 400, () => at(other, 'used-link'));
  await other.leave();

  assert.equal((await send(page, 'enter-code', { code: second.code })).status(), 400, 'the link has used the code up too');
  await follow(page, 'authorize');
  await send(page, 'sign-in', { username: address, password: PASSWORD });
  await app.tokens(page, request);
  await signOut(person, silent);
}

/** Passwords that the browser or the server refuses. They use nothing up. */
async function chooseBadly(person, address, at) {
  const { page } = person;
  await page.locator('input[name=new_password]').fill('short');
  assert.equal(await page.locator('input[name=new_password]:invalid').count(), 1, 'the browser knows what is too short');
  assert.equal((await sendUnchecked(page, 'choose-password', { new_password: 'short' })).status(), 400);
  assert.equal(await page.inputValue('input[name=new_password]'), '', 'the password is not kept');
  await at(person, 'short-password');
  assert.equal((await send(page, 'choose-password', { new_password: `${address}1` })).status(), 400);
}

/** A new account by the code, in the browser that asked. A click whose answer gets lost is repeated. */
export async function signUpByCode(person, app, address) {
  const { page } = person;
  const mailbox = new Mailbox(address);
  const request = app.request('shop', { scope: 'openid' });
  await page.goto(request.url);
  await follow(page, 'account/new');
  await page.locator('input[name=email]').fill(address);
  await sendTwice(page, 'ask');
  await mailbox.next();
  const mail = await mailbox.next();
  await code(page).fill(` ${mail.code.slice(0, 3)} ${mail.code.slice(3)} `);
  await sendTwice(page, 'enter-code');
  await chooseBadly(person, address, silent);
  // Repeated, a choice finds the code used up; the account is there.
  await page.locator('input[name=new_password]').fill(PASSWORD);
  assert.equal((await sendTwice(page, 'choose-password')).status(), 400);
  await follow(page, 'authorize');
  await send(page, 'sign-in', { username: address, password: PASSWORD });
  await app.tokens(page, request);
  await signOut(person, silent);
  return { name: address, password: PASSWORD, mailbox };
}

/** A forgotten password, by the code in the browser that asked: all sessions end. */
export async function resetByCode(person, app, user, { language, at }) {
  const { page } = person;
  const tokens = await logIn(user, 'Phone');
  const request = app.request('shop', { scope: 'openid', login_hint: user.name });
  await page.goto(request.url);
  await follow(page, 'account/forgot');
  assert.equal(await page.inputValue('input[name=email]'), user.name, 'the address is there already');
  await at(person, 'forgot-password');
  await press(page, 'ask');
  const mail = await user.mailbox.nextWithLink();
  assert.match(mail.subject, SUBJECTS[language].reset);
  await send(page, 'enter-code', { code: mail.code });
  await at(person, 'choose-new-password');
  await send(page, 'choose-password', { new_password: NEXT_PASSWORD });
  await at(person, 'password-reset');
  assert.equal(await statusOf(tokens), 401, 'the session has ended');
  await follow(page, 'authorize');
  assert.equal((await send(page, 'sign-in', { username: user.name, password: user.password })).status(), 401);
  user.password = NEXT_PASSWORD;
  await send(page, 'sign-in', { username: user.name, password: user.password });
  await app.tokens(page, request);
}

/** A forgotten password by the link, in the browser that asked: it leads on to the app. The browser is signed in at the beginning. */
export async function resetByLink(person, app, user, { at }) {
  const { page } = person;
  const request = app.request('shop', { scope: 'openid', prompt: 'login' });
  await page.goto(request.url);
  await follow(page, 'account/forgot');
  await send(page, 'ask', { email: user.name });
  const { link } = await user.mailbox.nextWithLink();
  await openLink(person, link, 200, silent);
  user.password = PASSWORD;
  await send(page, 'choose-password', { new_password: user.password });
  await page.goBack();
  assert.equal(await page.locator('input[name=new_password]').count(), 0, 'Back finds the link used up');
  await at(person, 'link-gone');
  await page.goto(`${url}/account`);
  assert.equal(await page.locator('.devices').count(), 0, "the browser's session has ended too");
  await page.goto(request.url);
  await send(page, 'sign-in', { username: user.name, password: user.password });
  await app.tokens(page, request);
  await signOut(person, silent);
}
