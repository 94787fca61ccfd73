// The pages with the keyboard alone: what Tab reaches, in which order, and whether the focus is to be seen.

import assert from 'node:assert/strict';

import { url } from './environment.mjs';
import { button } from './form.mjs';
import { Mailbox } from './mailbox.mjs';

/** What a keyboard has to reach. */
const CONTROLS = 'a[href], button, summary, input:not([type=hidden]):not([hidden])';
/** More presses than any page needs. */
const PRESSES = 60;

/** The control with the focus: its index on the page, its place, and how it is highlighted. */
function focused(page) {
  return page.evaluate((controls) => {
    const visible = [...document.querySelectorAll(controls)].filter((control) => control.checkVisibility());
    const control = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(control);
    const { top, left, bottom } = control.getBoundingClientRect();
    return {
      index: visible.indexOf(control),
      count: visible.length,
      // Scrolled into view, it ends between two pixels.
      isSeen: outlineStyle === 'solid' && parseFloat(outlineWidth) >= 2 && top >= -1 && bottom <= innerHeight + 1,
      html: control.outerHTML.slice(0, 90),
      top: top + scrollY,
      left,
    };
  }, CONTROLS);
}

/** Goes through the page from its beginning: Tab reaches every control once, in the order in which they are read, and each is seen. */
export async function tabThrough({ page }, name) {
  // Where a page focuses a field, Tab would begin there.
  await page.locator('h1').click();
  let before = { index: -1, top: -1, left: -1 };
  for (let press = 0; press < PRESSES; press += 1) {
    await page.keyboard.press('Tab');
    const now = await focused(page);
    // Behind its last control Tab leaves the page, or begins again: a browser without a window has nowhere else to go.
    if (now.index === -1 || (now.index === 0 && before.index + 1 === before.count)) {
      assert.equal(before.index + 1, before.count ?? now.count, `${name}: Tab leaves the page before its end`);
      return;
    }
    assert.equal(now.index, before.index + 1, `${name}: the order of ${now.html}`);
    assert.ok(now.isSeen, `${name}: the focus isn't seen on ${now.html}`);
    assert.ok(now.top > before.top || now.left > before.left, `${name}: Tab goes back to ${now.html}`);
    before = now;
  }
  assert.fail(`${name}: Tab doesn't get through`);
}

/** Presses Tab until this control has the focus. */
async function tabTo(page, locator) {
  const wanted = await locator.first().elementHandle();
  for (let press = 0; press < PRESSES; press += 1) {
    if (await wanted.evaluate((control) => control === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`Tab doesn't reach ${locator}`);
}

/** Presses Enter there, and waits for the page that it leads to. */
async function enter(page) {
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
}

/** Types into the field with the focus. A page that has just loaded may set it a moment later. */
async function type(page, text) {
  await page.locator('input:focus').waitFor();
  await page.keyboard.type(text);
}

/** Signs in, agrees, ends a session, asks for mails about new devices, changes the password and signs out, without a mouse. */
export async function useKeyboard({ page }, app, user, nextPassword) {
  const request = app.request('parcels', { scope: 'openid parcels' });
  await page.goto(request.url);
  // The first field has the focus already.
  await type(page, user.name);
  await page.keyboard.press('Tab');
  await type(page, 'not this one');
  await enter(page);
  await type(page, user.password);
  await enter(page);
  await tabTo(page, button(page, 'allow'));
  await enter(page);
  await app.tokens(page, request);

  await page.goto(`${url}/account`);
  const count = await page.locator('.devices > li').count();
  await tabTo(page, button(page, 'end'));
  await enter(page);
  assert.equal(await page.locator('.devices > li').count(), count - 1);
  await tabTo(page, button(page, 'new-device-mails-on'));
  await enter(page);
  assert.equal(await button(page, 'new-device-mails-off').count(), 1);
  await tabTo(page, page.locator('summary'));
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await type(page, user.password);
  await page.keyboard.press('Tab');
  await type(page, nextPassword);
  await enter(page);
  await page.locator('.notice').waitFor();
  await tabTo(page, button(page, 'sign-out'));
  await enter(page);
  assert.equal(await page.locator('button').count(), 0, 'signed out');
}

/** Creates an account by the code in a mail, and signs in, without a mouse. */
export async function signUpByKeyboard({ page }, app, address, password) {
  const request = app.request('shop', { scope: 'openid' });
  await page.goto(request.url);
  await tabTo(page, page.locator('a[href*="account/new"]'));
  await enter(page);
  // On each of these pages the only field has the focus already.
  await type(page, address);
  await enter(page);
  await type(page, (await new Mailbox(address).next()).code);
  await enter(page);
  await type(page, password);
  await enter(page);
  await tabTo(page, page.locator('a.button'));
  await enter(page);
  await type(page, address);
  await page.keyboard.press('Tab');
  await type(page, password);
  await enter(page);
  await app.tokens(page, request);
}

/** Changes the address by the code in a mail, and deletes the account, without a mouse. The user is signed in. */
export async function deleteByKeyboard({ page }, name, address, password) {
  await page.goto(`${url}/account`);
  await tabTo(page, page.locator('a[href*="account/email"]'));
  await enter(page);
  await type(page, address);
  await page.keyboard.press('Tab');
  await type(page, password);
  await enter(page);
  await type(page, (await new Mailbox(address).nextWithLink()).code);
  await enter(page);
  await tabTo(page, page.locator('a.button'));
  await enter(page);
  assert.ok(!(await page.locator('main').innerText()).includes(name), 'another name');
  await tabTo(page, page.locator('a[href*="account/delete"]'));
  await enter(page);
  await type(page, password);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await tabTo(page, button(page, 'delete'));
  await enter(page);
  assert.equal(await page.locator('button, a').count(), 0, 'the account is deleted');
}
