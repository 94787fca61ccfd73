// A person at a browser, and everything that goes wrong in it.

import assert from 'node:assert/strict';

import { chromium } from 'playwright-core';

import { environment } from './environment.mjs';

/** Chromium has no sandbox as root; this opens only our own pages. */
const ARGS = ['--no-sandbox'];
/** No server has the pages' logo: the browser gets this one, if the page's policy lets it ask. */
const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="40" viewBox="0 0 200 40"><rect x="4" y="14" width="28" height="22" rx="4"
 fill="#0f8a80"/><path d="M11 19v-6a7 7 0 0 1 14 0v6" fill="none" stroke="#14b8a6" stroke-width="3" stroke-linecap="round"/><text x="42" y="31"
 font-family="system-ui, sans-serif" font-size="20" font-weight="600" fill="#0f8a80">Example Shop</text></svg>`;
const executablePath = environment('LATCHGATE_CHROMIUM');

export const launch = () => chromium.launch({ executablePath, args: ARGS });

/** A browser with a separate profile and a password manager. Automation would turn the password manager off. */
export const launchWithProfile = (folder) =>
  chromium.launchPersistentContext(folder, { executablePath, args: ARGS, ignoreDefaultArgs: ['--enable-automation'] });

/** A person at this browser, with separate cookies. */
export async function visitor(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  return inContext(context, options);
}

export async function inContext(context, { javaScriptEnabled = true } = {}) {
  await context.route('https://shop.example.com/logo.svg', (route) => route.fulfill({ contentType: 'image/svg+xml', body: LOGO }));
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => {
    // Chromium's console also reports each 4xx that the test provokes.
    const isOfStatus = message.text().startsWith('Failed to load resource');
    // Chromium reports forms that its password manager doesn't understand at the same level as noise.
    const isOfForm = message.text().startsWith('[DOM]');
    if ((['error', 'warning'].includes(message.type()) && !isOfStatus) || isOfForm) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  const devTools = await context.newCDPSession(page);
  // What DevTools would show below "Issues": violations of the policy, cookies, labels, names and autocomplete of fields.
  devTools.on('Audits.issueAdded', ({ issue }) => faults.push(JSON.stringify(issue)));
  await devTools.send('Audits.enable');
  return {
    page,
    context,
    devTools,
    javaScriptEnabled,
    faults,
    /** Ends it, if nothing went wrong. */
    async leave() {
      await devTools.send('Audits.checkFormsIssues');
      assert.deepEqual(faults, []);
      await context.close();
    },
    /** Lets every answer take at least so many milliseconds. */
    async slow(latency) {
      await devTools.send('Network.enable');
      await devTools.send('Network.emulateNetworkConditions', { offline: false, latency, downloadThroughput: -1, uploadThroughput: -1 });
    },
  };
}
