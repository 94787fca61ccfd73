// A user deletes the account, and an operator invites one, in one language, with JavaScript or without it. `at` is called at each of the
// pages.

import assert from 'node:assert/strict';

import { enter } from './address.mjs';
import { logIn, statusOf } from './app.mjs';
import { latchgate, url } from './environment.mjs';
import { follow, press, send, sendTwice, sendUnchecked } from './form.mjs';
import { openLink } from './link.mjs';
import { Mailbox } from './mailbox.mjs';
import { signOut } from './walk.mjs';

const PASSWORD = 'violet harbour mist 41';
/** The cookie of the session. */
const COOKIE = '__Host-latchgate';
/** The cookie that binds forms to their browser. */
const FORM_COOKIE = '__Host-latchgate-form';
const silent = async () => {};

/** An invited user chooses a password, and signs in. */
export async function acceptInvitation(person, address, { language, at }) {
  const { page } = person;
  latchgate(['users', 'invite', address, '--language', language]);
  const { link } = await new Mailbox(address).nextWithLink();
  await openLink(person, link, 200, () => at(person, 'invited'));
  assert.equal(await page.locator('html').getAttribute('lang'), language);
  assert.equal((await send(page, 'choose-password', { new_password: PASSWORD })).status(), 200);
  await at(person, 'invitation-accepted');
  await openLink(person, link, 400, silent);
  await enter(person, address, PASSWORD);
  await page.locator('.devices').waitFor();
  await signOut(person, silent);
  return { name: address, password: PASSWORD };
}

/** Deletes the account, with mistakes on the way. The browser's cookie goes, and nobody can sign in. */
export async function deleteAccount(person, user, at) {
  const { page, context } = person;
  await page.goto(`${url}/account/delete`);
  assert.equal(page.url(), `${url}/account`, 'first the user signs in');
  await enter(person, user.name, user.password);
  const tokens = await logIn(user, 'Phone');
  await follow(page, 'account/delete');
  await at(person, 'delete-account');
  const confirmation = page.locator('input[name=confirm]');
  assert.equal(await page.locator('input[name=confirm]:invalid').count(), 1, 'the browser knows what is missing');
  assert.equal((await sendUnchecked(page, 'delete', { current_password: user.password })).status(), 400);
  assert.equal(await page.inputValue('input[name=current_password]'), '', 'the password is not kept');
  await at(person, 'deletion-unconfirmed');
  await confirmation.check();
  assert.equal((await send(page, 'delete', { current_password: 'not this one' })).status(), 401);
  assert.equal(await confirmation.isChecked(), false, 'the user confirms each time');
  await at(person, 'wrong-password-for-deletion');
  assert.equal(await statusOf(tokens), 200, 'nothing has happened yet');

  await page.locator('input[name=current_password]').fill(user.password);
  await confirmation.check();
  assert.equal((await sendTwice(page, 'delete')).status(), 200);
  await at(person, 'account-deleted');
  assert.equal((await context.cookies()).filter(({ name }) => name === COOKIE).length, 0, 'the cookie is gone');
  assert.equal(await statusOf(tokens), 401, 'the sessions have ended');
  assert.equal(await enter(person, user.name, user.password), 401);
}

/** A form of another browser deletes nothing. */
export async function keepsForeignForms(person, user, at) {
  const { page, context } = person;
  await enter(person, user.name, user.password);
  await page.goto(`${url}/account/delete`);
  await context.clearCookies({ name: FORM_COOKIE });
  await page.locator('input[name=current_password]').fill(user.password);
  await page.locator('input[name=confirm]').check();
  assert.equal((await press(page, 'delete')).status(), 400);
  await at(person, 'deletion-from-another-browser');
  await signOut(person, silent);
}
