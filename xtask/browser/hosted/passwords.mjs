// The pages with Chromium's password manager: how its parser understands each form, what it fills in, and when it offers to save.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createUser, url } from './environment.mjs';
import { send } from './form.mjs';
import { Mailbox } from './mailbox.mjs';
import { inContext, launchWithProfile } from './visitor.mjs';

const SIGN_IN = { username: 'username', current: 'password', new: '' };
const CHANGE = { username: 'username', current: 'current_password', new: 'new_password' };
const CHOICE = { username: 'username', current: '', new: 'new_password' };

/** Returns a function that waits for a text on the password manager's page of internals, and returns what that page logged since the last time. */
function journal(internals) {
  let seen = 0;
  return async (awaited) => {
    await internals.waitForFunction(
      ([text, from]) => document.body.innerText.slice(from).includes(text), [awaited, seen]);
    // Waits until the log settles, because the page gets it asynchronously.
    await internals.waitForTimeout(500);
    const text = await internals.locator('body').innerText();
    const news = text.slice(seen);
    seen = text.length;
    return news;
  };
}

/** The fields that the parser found in the last form of a log. */
function parsed(log) {
  const output = log.split('Form parsing output: {').pop();
  const field = (name) => output.match(new RegExp(`^\\s*${name} :\\s*(\\S*) ,$`, 'm'))?.[1].replace(',', '');
  return { username: field('Username element'), current: field('Password element'), new: field('New password element') };
}

const decisions = (log) => [...log.matchAll(/Decision: (\w+)/g)].map(([, decision]) => decision);

/** Which fields it has filled in. */
const filled = (page) => page.evaluate(() => [...document.querySelectorAll('input:autofill')].map(({ name }) => name));

/** Saves a password as its user would do by hand, on the manager's own page. */
async function save(context, user) {
  const page = await context.newPage();
  await page.goto('chrome://password-manager/passwords');
  await page.locator('#addPasswordButton').click();
  const fields = { website: `${url}/`, username: user.name, password: user.password };
  for (const [name, value] of Object.entries(fields)) {
    await page.locator(`#${name}Input input`).fill(value);
  }
  await page.locator('#addButton').click();
  await page.locator('#addPasswordDialog, add-password-dialog').waitFor({ state: 'detached' });
  await page.close();
}

export async function usePasswordManager(app) {
  const folder = mkdtempSync(join(tmpdir(), 'latchgate-profile-'));
  const context = await launchWithProfile(folder);
  try {
    const internals = await context.newPage();
    await internals.goto('chrome://password-manager-internals/');
    const log = journal(internals);
    const person = await inContext(context);
    await offersToSave(person, app, log);
    await offersToSaveChosen(person, log);
    await fills(person, app, log);
    await findsFaults(person);
    console.log("Chromium's password manager: makes out the fields, fills them, and offers to save what is right");
  } finally {
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The manager offers to save the password after a sign-in, whatever page follows, and the new one after a change. After a mistake it offers nothing. */
async function offersToSave({ page }, app, log) {
  const user = createUser(`saved-${Date.now()}`, 'violet harbour mist 41');
  const right = { username: user.name, password: user.password };
  const wrong = { ...right, password: 'not this one' };
  const last = async (awaited) => decisions(await log(awaited)).pop();

  await page.goto(`${url}/account`);
  assert.deepEqual(parsed(await log('Form parsing output')), SIGN_IN);
  await send(page, 'sign-in', wrong);
  assert.equal(await last('Decision:'), 'DROP');
  await send(page, 'sign-in', right);
  assert.equal(await last('Decision:'), 'ASK', 'it offers to save at the account');

  await page.locator('summary').click();
  const next = 'amber orchard rain 77';
  await send(page, 'change-password', { current_password: user.password, new_password: next });
  const changed = await log('Decision:');
  assert.deepEqual(parsed(changed), CHANGE);
  assert.equal(decisions(changed).pop(), 'ASK', 'it offers to save the new password');
  await page.context().clearCookies();

  for (const client of ['parcels', 'shop']) {
    const request = app.request(client, { scope: 'openid' });
    await page.goto(request.url);
    assert.deepEqual(parsed(await log('Form parsing output')), SIGN_IN);
    await send(page, 'sign-in', { ...right, password: next });
    assert.equal(await last('Decision:'), 'ASK', `it offers to save after a sign-in for ${client}`);
    await page.context().clearCookies();
  }
}

/** The manager offers to save a password that is chosen by mail, for the address as the name, and doesn't take a code for a password. */
async function offersToSaveChosen({ page }, log) {
  const address = `chosen-${Date.now()}@example.com`;
  const mailbox = new Mailbox(address);
  for (const [path, password] of [['/account/new', 'violet harbour mist 41'], ['/account/forgot', 'amber orchard rain 77']]) {
    await page.goto(`${url}${path}`);
    await send(page, 'ask', { email: address });
    await send(page, 'enter-code', { code: (await mailbox.next()).code });
    assert.equal(await page.inputValue('input[name=username]'), address);
    assert.deepEqual(parsed(await log('new_password')), CHOICE, path);
    await send(page, 'choose-password', { new_password: password });
    assert.equal(decisions(await log('Decision:')).pop(), 'ASK', `it offers to save at ${path}`);
    await page.context().clearCookies();
  }
}

/** The manager fills in what it saved: name and password at a sign-in, only the current password at a change. */
async function fills({ page }, app, log) {
  const user = createUser(`filled-${Date.now()}`, 'violet harbour mist 41', { mustChange: true });
  await save(page.context(), user);
  await page.goto(app.request('shop', { scope: 'openid' }).url);
  await page.locator('input[name=password]:autofill').waitFor();
  assert.deepEqual(await filled(page), ['username', 'password']);
  await page.locator('button.primary').click();
  await page.locator('input[name=current_password]:autofill').waitFor();
  assert.deepEqual(await filled(page), ['current_password']);
  assert.deepEqual(parsed(await log('current_password')), CHANGE);
}

/** The control experiment: Chromium reports a form that breaks the rules, so no report means a good form. */
async function findsFaults({ page, devTools, faults }) {
  assert.deepEqual(faults, []);
  const body = '<!doctype html><title>Bad</title><form><input type="password"><input type="password" name="a"></form><input type="password">';
  await page.route('**/bad', (route) => route.fulfill({ contentType: 'text/html', body }));
  await page.goto(`${url}/bad`);
  await page.waitForTimeout(1000);
  await devTools.send('Audits.checkFormsIssues');
  for (const expected of ['[DOM] Password field is not contained in a form', 'FormEmptyIdAndNameAttributesForInputError']) {
    assert.ok(faults.some((fault) => fault.includes(expected)), `${expected} in ${faults}`);
  }
}
