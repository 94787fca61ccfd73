// What the pages that work by mail refuse, in one language, with JavaScript or without it. `at` is called at each of the pages.

import assert from 'node:assert/strict';

import { environment, url } from './environment.mjs';
import { follow, press, send } from './form.mjs';
import { Mailbox } from './mailbox.mjs';

/** The parameter `MailsPerHour`. */
const MAILS_PER_HOUR = 5;

const statusOfPage = async (page, path) => (await page.goto(`${url}${path}`)).status();

/** Whether there is an account, no page tells: it is the same for an address with one, and without. */
export async function tellsNothing({ page }, user, stranger) {
  for (const path of ['/account/new', '/account/forgot']) {
    const shown = [];
    for (const email of [user.name, stranger]) {
      await page.goto(`${url}${path}`);
      assert.equal((await send(page, 'ask', { email })).status(), 200);
      const main = await page.locator('main').innerHTML();
      shown.push(main.replaceAll(email, '').replaceAll(/(name="(?:csrf|request)" value=")[^"]*/g, '$1'));
    }
    assert.equal(shown[0], shown[1], path);
  }
  const mailbox = new Mailbox(stranger);
  assert.ok((await mailbox.next()).link, 'only the mail tells');
  assert.equal((await mailbox.next()).link, undefined);
}

/** Mails that are asked for too often, on both pages that ask. */
export async function tooOften(person, address, at) {
  const { page } = person;
  for (let mail = 1; mail < MAILS_PER_HOUR; mail += 1) {
    const body = new URLSearchParams({ client_id: 'demo-app', email: address });
    assert.equal((await fetch(`${url}/signup`, { method: 'POST', body })).status, 202);
  }
  await page.goto(`${url}/account/new`);
  assert.equal((await send(page, 'ask', { email: address })).status(), 200, 'the last');
  const refusals = [
    ['no-new-mail', () => press(page, 'resend')],
    ['too-many-mails', async () => {
      await page.goto(`${url}/account/new`);
      return send(page, 'ask', { email: address });
    }],
  ];
  for (const [name, ask] of refusals) {
    const response = await ask();
    assert.equal(response.status(), 429, name);
    assert.ok(Number(response.headers()['retry-after']) > 0, name);
    await at(person, name);
  }
}

/** A client without sign-up, links that nobody sent, a form of another browser, and a store that doesn't answer. */
export async function refuses(person, app, address, at) {
  const { page } = person;
  await page.goto(app.request('closed').url);
  assert.equal(await page.locator('a[href*="account/new"]').count(), 0, 'the page to sign in offers what there is');
  assert.equal(await page.locator('a[href*="account/forgot"]').count(), 1);
  assert.equal(await statusOfPage(page, '/account/new?client_id=closed'), 403);
  await at(person, 'sign-up-closed');
  for (const path of ['/account/confirm?token=lgm1_AAAA', '/account/reset?token=lgm1_AAAA', '/account/confirm', '/account/reset?token=']) {
    assert.equal(await statusOfPage(page, path), 400, path);
    assert.equal(await page.locator('form').count(), 0, path);
  }
  await at(person, 'no-link');
  await follow(page, 'forgot');
  assert.equal(await page.locator('input[name=email]').count(), 1);

  const mailbox = new Mailbox(address);
  await page.goto(`${url}/account/new`);
  await person.context.clearCookies();
  assert.equal((await send(page, 'ask', { email: address })).status(), 400);
  await at(person, 'ask-from-another-browser');
  assert.equal((await press(page, 'ask')).status(), 200, 'the form has become its own');
  const { code } = await mailbox.next();
  await person.context.clearCookies();
  assert.equal((await send(page, 'enter-code', { code })).status(), 400);
  await at(person, 'code-from-another-browser');
  assert.equal((await send(page, 'enter-code', { code })).status(), 200);
  await person.context.clearCookies();
  const chosen = { new_password: 'violet harbour mist 41' };
  assert.equal((await send(page, 'choose-password', chosen)).status(), 400);
  await at(person, 'password-from-another-browser');
  assert.equal((await send(page, 'choose-password', chosen)).status(), 200);

  await page.goto(`${environment('LATCHGATE_DOWN_URL')}/account/forgot`);
  assert.equal((await send(page, 'ask', { email: address })).status(), 503);
  await at(person, 'no-mail-now');
}
