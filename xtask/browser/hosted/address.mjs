// A signed-in user's way to another mail address and back, in one language, with JavaScript or without it. `at` is called at each of the
// pages.

import assert from 'node:assert/strict';

import { logIn, statusOf } from './app.mjs';
import { url } from './environment.mjs';
import { follow, press, send, sendTwice, sendUnchecked } from './form.mjs';
import { openLink } from './link.mjs';
import { Mailbox, otherThan } from './mailbox.mjs';
import { visitor } from './visitor.mjs';
import { signOut } from './walk.mjs';

const NEXT_PASSWORD = 'amber orchard rain 77';
const OTHER = { en: 'vi', vi: 'en' };
const silent = async () => {};
const isSignedIn = async (page) => (await page.locator('.devices').count()) === 1;

/** Signs in at the account page. Returns the status of the answer. */
export async function enter({ page }, name, password) {
  await page.goto(`${url}/account`);
  return (await send(page, 'sign-in', { username: name, password })).status();
}

/** Another address by the link, which a browser in another language opens, and a third one by the code. */
export async function changeAddress(person, browser, user, addresses, { language, at }) {
  const { page } = person;
  await page.goto(`${url}/account/email`);
  assert.equal(page.url(), `${url}/account`, 'first the user signs in');
  await enter(person, user.name, user.password);
  const tokens = await logIn(user, 'Phone');
  await follow(page, 'account/email');
  await at(person, 'change-address');
  await askBadly(person, user, addresses[0], at);
  assert.equal((await send(page, 'ask', { email: addresses[0], current_password: user.password })).status(), 200);
  await at(person, 'new-address-mail-sent');
  const mailbox = new Mailbox(addresses[0]);
  const first = await mailbox.nextWithLink();
  assert.equal((await press(page, 'resend')).status(), 200);
  const second = await mailbox.nextWithLink();

  const other = await visitor(browser, { locale: OTHER[language], javaScriptEnabled: person.javaScriptEnabled });
  await openLink(other, first.link, 400, silent);
  await openLink(other, second.link, 200, () => at(other, 'confirm-address'));
  assert.equal(await other.page.locator('input[type=password]').count(), 0);
  await other.context.clearCookies();
  assert.equal((await press(other.page, 'confirm-email')).status(), 400);
  await at(other, 'address-from-another-browser');
  assert.equal((await press(other.page, 'confirm-email')).status(), 200, 'the form has become its own');
  await at(other, 'address-changed');
  await openLink(other, second.link, 400, () => at(other, 'used-address-link'));
  assert.equal(await enter(other, user.name, user.password), 401, 'the old name is gone');
  await other.leave();

  assert.equal((await send(page, 'enter-code', { code: second.code })).status(), 400, 'the link has used the code up too');
  await follow(page, 'account');
  assert.ok(await isSignedIn(page), 'the session goes on');
  assert.equal(await statusOf(tokens), 200);
  await changeByCode(person, user, addresses[1], at);
  return tokens;
}

/** What the page refuses. It sends no mail. */
async function askBadly(person, user, address, at) {
  const { page } = person;
  const typed = () => page.inputValue('input[name=email]');
  const right = user.password;
  const refusals = [
    ['malformed-new-address', 400, () => sendUnchecked(page, 'ask', { email: 'ada', current_password: right }), 'ada'],
    ['same-address', 400, () => send(page, 'ask', { email: user.name, current_password: right }), user.name],
    ['wrong-password-for-address', 401, () => send(page, 'ask', { email: address, current_password: 'not this one' }), address],
  ];
  for (const [name, status, ask, text] of refusals) {
    assert.equal((await ask()).status(), status, name);
    assert.equal(await typed(), text, `${name}: the address is kept`);
    assert.equal(await page.inputValue('input[name=current_password]'), '', `${name}: the password is not`);
    await at(person, name);
  }
}

/** Another address by the code, in the browser that asked. A click whose answer gets lost is repeated. */
async function changeByCode(person, user, address, at) {
  const { page } = person;
  const mailbox = new Mailbox(address);
  await follow(page, 'account/email');
  await page.locator('input[name=email]').fill(address);
  await page.locator('input[name=current_password]').fill(user.password);
  await sendTwice(page, 'ask');
  await mailbox.nextWithLink();
  const { code } = await mailbox.nextWithLink();
  assert.equal((await send(page, 'enter-code', { code: otherThan(code) })).status(), 400);
  await at(person, 'wrong-address-code');
  assert.equal((await send(page, 'enter-code', { code })).status(), 200);
  await at(person, 'address-changed-by-code');
  await follow(page, 'account');
  assert.ok(await isSignedIn(page));
  assert.ok((await page.locator('main').innerText()).includes(address));
}

/** The owner of the first address undoes both changes: it is the user's name again, and all sessions end. */
export async function undoChange(person, user, address, tokens, at) {
  const { page } = person;
  const { link } = await new Mailbox(user.name).nextWithLink();
  await openLink(person, link, 200, () => at(person, 'undo-change'));
  assert.equal((await sendUnchecked(page, 'choose-password', { new_password: 'short' })).status(), 400);
  await at(person, 'short-password-for-undo');
  assert.equal((await send(page, 'choose-password', { new_password: NEXT_PASSWORD })).status(), 200);
  await at(person, 'address-restored');
  assert.equal(await statusOf(tokens), 401, 'the sessions have ended');
  await openLink(person, link, 400, () => at(person, 'used-undo-link'));
  assert.equal(await enter(person, address, user.password), 401);
  assert.equal(await enter(person, user.name, user.password), 401);
  user.password = NEXT_PASSWORD;
  await enter(person, user.name, user.password);
  assert.ok(await isSignedIn(page));
  await signOut(person, silent);
}
