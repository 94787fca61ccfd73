// The pages at which users sign in, in Chromium: used in both languages, with JavaScript and without it, by mouse and by keyboard alone;
// looked at in both schemes and at several widths; and what Chromium's password manager makes of them.

import assert from 'node:assert/strict';

import { changeAddress, undoChange } from './address.mjs';
import { listen, logIn } from './app.mjs';
import { acceptInvitation, deleteAccount, keepsForeignForms } from './deletion.mjs';
import { createClient, createUser, environment } from './environment.mjs';
import { send } from './form.mjs';
import { deleteByKeyboard, signUpByKeyboard, tabThrough, useKeyboard } from './keyboard.mjs';
import { look } from './look.mjs';
import * as mail from './mail.mjs';
import * as refusals from './mail_refusals.mjs';
import { usePasswordManager } from './passwords.mjs';
import { launch, visitor } from './visitor.mjs';
import * as walk from './walk.mjs';

const LANGUAGES = { en: 'Sign in', vi: 'Đăng nhập' };
const PASSWORD = 'violet harbour mist 41';

createClient('shop', 'The shop', 'openid profile email read', ['--first-party']);
createClient('closed', 'The closed shop', 'openid', ['--first-party', '--sign-up', 'closed']);
createClient('parcels', 'Parcel tracker', 'openid profile email phone address offline_access parcels');
const app = await listen();
const browser = await launch();
try {
  for (const walk of environment('LATCHGATE_WALKS').split(' ')) {
    const [language, manner] = walk.split('-');
    await walkThrough(language, manner === 'script');
  }
  // Gateways handle requests and cookies differently, but pages look the same behind all of them.
  if (environment('LATCHGATE_API') === 'rest') {
    await formActionHoldsForRedirects();
    await byKeyboard();
    await withLongNames();
    await usePasswordManager(app);
  }
} finally {
  await browser.close();
  app.close();
}

/** Why `form-action` isn't in the policy where a client waits for the answer: Chromium applies it to what the client does next. */
async function formActionHoldsForRedirects() {
  const person = await visitor(browser);
  await person.page.goto(`${app.origin}/bound`);
  await person.page.getByRole('button').click();
  await person.page.waitForTimeout(500);
  assert.ok(person.faults.some((fault) => fault.includes('form-action')), 'Chromium stops what the policy forbids, and says so');
  assert.ok(person.page.url().startsWith(app.origin));
  await person.context.close();
}

/** Every page and every answer. */
async function walkThrough(language, javaScriptEnabled) {
  const name = `${language}-${javaScriptEnabled ? 'script' : 'plain'}`;
  const person = await visitor(browser, { locale: language, javaScriptEnabled });
  // These are in the pictures.
  const named = (who) => `${who}${name === 'en-script' ? '' : `-${name}`}@example.com`;
  const user = createUser(named('ada'), PASSWORD);
  const seen = [];
  const at = async (person, page) => {
    assert.equal(await person.page.locator('html').getAttribute('lang'), language, page);
    seen.push(page);
    await tabThrough(person, page);
    if (javaScriptEnabled) await look(person, `${language}-${page}`);
  };
  const phone = await logIn(user, 'Phone', { isBound: true });
  assert.equal(phone.token_type, 'DPoP');
  const tokens = [await walk.signIn(person, app, user, at), await walk.consent(person, app, at)];
  await walk.account(person, user, tokens, at);
  await walk.signOut(person, at);
  assert.equal(await person.page.locator('h1').innerText(), LANGUAGES[language]);
  await walk.endSession(person, app, user, at);
  await walk.mustChange(person, app, createUser(named('new'), PASSWORD, { mustChange: true }), at);
  await walk.spentBudget(person, app, createUser(named('spent'), PASSWORD), at);
  await walk.errors(person, app, at);
  const walked = { language, at };
  await mail.signUpByLink(person, browser, app, named('grace'), walked);
  const forgetful = await mail.signUpByCode(person, app, named('sophie'));
  await mail.resetByCode(person, app, forgetful, walked);
  await mail.resetByLink(person, app, forgetful, walked);
  const mover = createUser(named('mover'), PASSWORD);
  const addresses = [named('moved'), named('moved-again')];
  const ofMover = await changeAddress(person, browser, mover, addresses, walked);
  await undoChange(person, mover, addresses[1], ofMover, at);
  const guest = await acceptInvitation(person, named('guest'), walked);
  await keepsForeignForms(person, guest, at);
  await deleteAccount(person, guest, at);
  await refusals.tellsNothing(person, user, named('stranger'));
  await refusals.tooOften(person, named('often'), at);
  await refusals.refuses(person, app, named('elsewhere'), at);
  await person.leave();
  console.log(`${name}: ${seen.length} pages, ${seen.join(', ')}`);
}

async function byKeyboard() {
  const person = await visitor(browser);
  const user = createUser('keyboard@example.com', PASSWORD);
  await logIn(user, 'Phone');
  await useKeyboard(person, app, user, 'amber orchard rain 77');
  await signUpByKeyboard(person, app, 'new-keyboard@example.com', PASSWORD);
  await deleteByKeyboard(person, 'new-keyboard@example.com', 'newer-keyboard@example.com', PASSWORD);
  await person.leave();
  console.log('by keyboard alone: signed in, agreed, ended a session, changed the password, signed out, signed up, changed the address, left');
}

/** Names whose words don't fit on a narrow page. */
async function withLongNames() {
  const long = 'W'.repeat(120);
  createClient('long', long, `openid ${'w'.repeat(100)}`);
  const user = createUser(long, PASSWORD);
  await logIn(user, long);
  const person = await visitor(browser);
  const { page } = person;
  const request = app.request('long');
  await page.goto(request.url);
  await look(person, 'long-sign-in');
  await send(page, 'sign-in', { username: user.name, password: user.password });
  await look(person, 'long-consent');
  await send(page, 'allow', {});
  await app.tokens(page, request);
  await page.goto(new URL('/account', request.url).href);
  await look(person, 'long-account');
  await walk.signOut(person, async () => {});
  // The longest address: 254 characters.
  const address = `${'W'.repeat(64)}@${'w'.repeat(63)}.${'w'.repeat(63)}.${'w'.repeat(49)}.example.com`;
  await page.goto(new URL('/account/forgot', request.url).href);
  await send(page, 'ask', { email: address });
  await look(person, 'long-mail-sent');
  const longer = createUser(address, PASSWORD);
  await page.goto(new URL('/account', request.url).href);
  await send(page, 'sign-in', { username: longer.name, password: longer.password });
  await look(person, 'long-address');
  for (const path of ['email', 'delete']) {
    await page.goto(new URL(`/account/${path}`, request.url).href);
    await look(person, `long-account-${path}`);
  }
  await person.leave();
  console.log('long names: nothing scrolls sideways');
}
