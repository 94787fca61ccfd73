// Uses examples/spa in Chromium, as its README says, and takes its pictures.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const { chromium } = createRequire(`${environment('LATCHGATE_CLIENT')}/`)('playwright-core');
const origin = `http://localhost:${environment('PORT')}`;
const [light, dark] = ['light', 'dark'].map((scheme) => `${environment('LATCHGATE_PICTURES')}/${scheme}.png`);

const browser = await chromium.launch({ executablePath: environment('LATCHGATE_CHROMIUM'), args: ['--no-sandbox'] });
try {
  for (const isBound of [true, false]) {
    const context = await browser.newContext({ viewport: { width: 800, height: 560 }, locale: 'en-GB' });
    const page = await context.newPage();
    const mistakes = [];
    page.on('pageerror', (error) => mistakes.push(error));
    await page.goto(origin);
    if (!isBound) {
      await Promise.all([page.waitForEvent('load'), page.getByLabel(/DPoP/).uncheck()]);
    }
    await signIn(page);
    await page.getByText(isBound ? 'bound to a key of this browser' : 'bearer tokens').waitFor();
    await page.getByRole('button', { name: 'Load the orders' }).click();
    await page.getByText('Order 7: A gate, for demo-user').waitFor();
    if (isBound) {
      await page.screenshot({ path: light });
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.screenshot({ path: dark });
    }
    // Another tab is signed in too, and learns that the session ended.
    const other = await context.newPage();
    await other.goto(origin);
    await other.getByText('Signed in as').waitFor();
    await page.getByRole('button', { name: 'Log out', exact: true }).click();
    await page.getByText('You have logged out.').waitFor();
    await other.getByText('You have logged out.').waitFor();
    // Another device, ended from the list of the first.
    const phone = await (await browser.newContext()).newPage();
    await phone.goto(origin);
    await signIn(phone);
    await signIn(page);
    const row = page.getByRole('listitem').filter({ hasText: 'demo-app' }).filter({ hasNotText: '(this one)' });
    await row.getByRole('button', { name: 'Sign out' }).click();
    await row.waitFor({ state: 'detached' });
    await phone.getByRole('button', { name: 'Load the orders' }).click();
    await phone.getByText('Your session was ended').waitFor();
    await page.getByRole('button', { name: 'Log out everywhere' }).click();
    await page.getByText('You have logged out.').waitFor();
    assert.deepEqual(mistakes, []);
    await Promise.all([context.close(), phone.context().close()]);
  }
  console.log('the app signs in, calls, ends a device and logs out, with bound tokens and with bearer tokens');
} finally {
  await browser.close();
}

/** Signs in at the pages, if they ask for it. */
async function signIn(page) {
  await page.getByRole('button', { name: 'Sign in' }).click();
  const signedIn = page.getByText('Signed in as').waitFor();
  const name = page.getByLabel('User name');
  await Promise.race([signedIn, name.waitFor(), page.getByRole('button', { name: /^(Continue|Allow)$/ }).waitFor()]);
  if (await name.isVisible()) {
    await name.fill('demo');
    await page.getByLabel('Password').fill(environment('LATCHGATE_PASSWORD'));
    await page.getByRole('button', { name: 'Sign in' }).click();
  }
  const goOn = page.getByRole('button', { name: /^(Continue|Allow)$/ });
  await Promise.race([signedIn, goOn.click().then(() => signedIn, () => signedIn)]);
}

function environment(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set`);
  return value;
}
