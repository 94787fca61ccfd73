// Stock OAuth clients against a server, each as the guide configures it, with a user who signs in at its pages in Chromium.

import { chromium } from 'playwright-core';

import * as appAuth from './appauth.mjs';
import { environment } from './environment.mjs';
import * as oidcClientTs from './oidc_client_ts.mjs';
import * as programs from './programs.mjs';
import { User } from './user.mjs';

const issuer = environment('LATCHGATE_URL');
const credentials = { issuer, username: environment('LATCHGATE_USERNAME'), password: environment('LATCHGATE_PASSWORD') };
const [page, boundPage, pageOfSameSite, partnerPage] = environment('LATCHGATE_ORIGINS').split(' ');
const origins = { page, boundPage, pageOfSameSite, partnerPage };
const clients = {
  page: environment('LATCHGATE_PAGE_CLIENT'),
  partner: environment('LATCHGATE_PARTNER_CLIENT'),
  native: environment('LATCHGATE_NATIVE_CLIENT'),
  server: environment('LATCHGATE_SERVER_CLIENT'),
};
const user = (page) => new User(page, credentials);

// Chromium has no sandbox as root; this opens only our own pages.
const browser = await chromium.launch({ executablePath: environment('LATCHGATE_CHROMIUM'), args: ['--no-sandbox'] });
try {
  const all = { browser, user, issuer, origins, clients };
  await oidcClientTs.check(all);
  await appAuth.check(all);
  await programs.check(all);
} finally {
  await browser.close();
}
