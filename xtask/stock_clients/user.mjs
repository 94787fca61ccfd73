// The user: opens an address in Chromium, and does at Latchgate's pages what they ask for.

import assert from 'node:assert/strict';

/** What a user presses to get on, by its name. The browser's language is English. */
const BUTTON = /^(Sign in|Continue|Allow|Sign out)\b/;
/** Pages in a row, before a user gives up. */
const PATIENCE = 5;

export class User {
  constructor(page, { issuer, username, password }) {
    Object.assign(this, { page, issuer, username, password });
  }

  /** Opens it, and goes on like that. */
  async open(address) {
    await this.page.goto(address);
    return this.getOn();
  }

  /** Lets the client send the browser away, and goes on until it is back. The names of the buttons that were pressed. */
  async follow(leave) {
    const left = this.page.waitForEvent('framenavigated', (frame) => frame.parentFrame() === null);
    await leave();
    await left;
    await this.page.waitForLoadState();
    return this.getOn();
  }

  /** Goes on from the page that is there, in this window or another. */
  async getOn(page = this.page) {
    const pressed = [];
    while (page.url().startsWith(this.issuer)) {
      assert.ok(pressed.length < PATIENCE, `after ${pressed}: still at ${page.url()}`);
      pressed.push(await this.#press(page));
    }
    return pressed;
  }

  async #press(page) {
    const button = page.getByRole('button', { name: BUTTON });
    assert.equal(await button.count(), 1, `what to press at ${page.url()}: ${await page.locator('main').innerText()}`);
    const password = page.getByLabel('Password', { exact: true });
    if (await password.isVisible()) {
      await page.getByLabel('User name', { exact: true }).fill(this.username);
      await password.fill(this.password);
    }
    const name = await button.innerText();
    await Promise.all([page.waitForEvent('load'), button.click()]);
    return name;
  }
}
