// A user at a new browser: clients that open a page run `node browser.mjs URL` instead.

import { pathToFileURL } from 'node:url';

import { chromium } from 'playwright-core';

import { environment } from './environment.mjs';
import { User } from './user.mjs';

/** Signs the demo's user in at the page of this URL. Returns the browser's last URL, which is the client's. */
export async function signIn(url) {
  // Chromium has no sandbox as root; this opens only our own pages.
  const browser = await chromium.launch({ executablePath: environment('LATCHGATE_CHROMIUM'), args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    const user = new User(page, {
      issuer: `${environment('LATCHGATE_URL')}/`,
      username: environment('LATCHGATE_USERNAME'),
      password: environment('LATCHGATE_PASSWORD'),
    });
    await user.open(url);
    return page.url();
  } finally {
    await browser.close();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await signIn(process.argv[2]);
}
