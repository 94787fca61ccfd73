// oidc-client-ts in single-page apps, by the lines of the guide: without and with DPoP, of another site than Latchgate and of the same.

import assert from 'node:assert/strict';

import { named } from './environment.mjs';
import { lines } from './guide.mjs';
import { close, site } from './site.mjs';

const NAME = named('oidc-client-ts');
/** The guide's names for where the app is, and which. */
const APP = 'https://shop.example.com';
const CLIENT = "'shop-web'";
/** Where a setting goes. */
const SCOPE = "  scope: 'openid profile email orders',\n";
const IMPORT = 'import { UserManager }';
/** As in the guide, and with the code bound too (RFC 9449 section 10). */
const DPOP = 'dpop: { store: new IndexedDbDPoPStore(), bind_authorization_code: true },';

/** The script of a page: the guide's lines, with these settings besides. */
function source(origin, client, settings = '') {
  const script = lines('A single-page app', {
    [APP]: origin,
    [CLIENT]: JSON.stringify(client),
    [SCOPE]: SCOPE + settings,
    [IMPORT]: 'import { UserManager, IndexedDbDPoPStore }',
  });
  return `${script}
    Object.assign(window, { users, signIn, signOut, user: signedIn().catch((error) => ({ refused: error.message })) });\n`;
}

export async function check({ browser, user, issuer, clients, origins: { page, boundPage, pageOfSameSite } }) {
  const withApp = async (origin, settings, use) => {
    const server = await site(origin, source(origin, clients.page, settings));
    const context = await browser.newContext();
    try {
      await use(new App(user(await context.newPage()), origin));
    } finally {
      await context.close();
      await close(server);
    }
  };
  await withApp(page, 'loadUserInfo: true,', async (app) => {
    await signsIn(app, issuer);
    await renews(app);
    await refusesAnotherState(app);
    await opensPopup(app);
    // No browser sends a cookie that is SameSite=Lax with a frame in a page of another site.
    assert.equal(await app.inFrame(), 'login_required', `${NAME}: in a frame of another site`);
    await signsOut(app);
    console.log(`${NAME}: signed in, claims, refreshed, another state refused, by a popup, login_required in a frame, signed out`);
  });
  await withApp(boundPage, DPOP, async (app) => {
    await signsInBound(app, issuer);
    console.log(`${NAME} with DPoP: signed in with a bound code, called, refreshed, useless without the key, revoked`);
  });
  await withApp(pageOfSameSite, '', async (app) => {
    await app.signIn();
    const answer = await app.inFrame();
    // A redirect URI on the device itself may be another app's, so its user may have to be asked.
    assert.ok(['demo-user', 'interaction_required', 'consent_required'].includes(answer), `${NAME}: in a frame: ${answer}`);
    await app.signOut();
    assert.equal(await app.inFrame(), 'login_required', `${NAME}: in a frame after the sign-out`);
    console.log(`${NAME} in a page of the same site: prompt=none in a frame brings ${answer}; after the sign-out, login_required`);
  });
}

class App {
  constructor(user, origin) {
    Object.assign(this, { user, origin, page: user.page, asked: [] });
    this.page.on('response', (response) => {
      const request = response.request();
      this.asked.push({ url: request.url(), status: response.status(), form: request.postData() ?? '' });
    });
  }

  /** Begins as a user would. Returns which buttons were pressed, and the user that the page names. */
  async signIn() {
    await this.page.goto(`${this.origin}/`);
    return this.#leave('signIn');
  }

  async signOut() {
    return this.#leave('signOut');
  }

  /** Calls the function behind the page's button. */
  async #leave(name) {
    const pressed = await this.user.follow(() => this.page.evaluate((call) => { window[call](); }, name));
    return { pressed, found: await this.found() };
  }

  found() {
    return this.page.evaluate(async () => {
      const found = await window.user;
      return found && { ...found, expired: found.expired };
    });
  }

  /** The result of a renewal without a refresh token: the user, or the error. On an error, the page keeps its tokens. */
  inFrame() {
    return this.page.evaluate(async () => {
      const had = await users.getUser();
      if (had) {
        await users.storeUser(Object.assign(Object.create(Object.getPrototypeOf(had)), had, { refresh_token: undefined }));
      }
      const answer = await users.signinSilent().then((found) => found.profile.sub, (error) => error.error ?? error.message);
      await users.storeUser(had);
      return answer;
    });
  }

  /** The requests since the last time. */
  heard(path) {
    const heard = this.asked.filter(({ url }) => new URL(url).pathname === path);
    this.asked = [];
    return heard;
  }

  /** The status of a protected call. */
  call(token) {
    const address = `${this.user.issuer}/sessions`;
    return this.page.evaluate(async ([url, authorization]) => (await fetch(url, { headers: { authorization } })).status, [address, `Bearer ${token}`]);
  }
}

async function signsIn(app, issuer) {
  const { pressed, found } = await app.signIn();
  assert.equal(pressed[0], 'Sign in', `${NAME}: ${JSON.stringify(found)}`);
  assert.equal(found.profile.iss, issuer, `${NAME}: ${JSON.stringify(found)}`);
  assert.equal(found.profile.sub, 'demo-user');
  assert.equal(found.profile.email, 'demo@example.com');
  assert.deepEqual(found.scope.split(' '), ['email', 'openid', 'orders', 'profile']);
  assert.equal(found.expired, false);
  assert.deepEqual(app.heard('/userinfo').map(({ status }) => status), [200], `${NAME}: /userinfo`);
  assert.equal(await app.call(found.access_token), 200);
  assert.equal(new URL(app.page.url()).search, '', 'the code is out of the address');
}

/** Renews with the refresh token, which is replaced. */
async function renews(app) {
  const before = await app.page.evaluate(() => users.getUser());
  const after = await app.page.evaluate(() => users.signinSilent());
  const forms = app.heard('/token').map(({ form }) => new URLSearchParams(form).get('grant_type'));
  assert.deepEqual(forms, ['refresh_token'], `${NAME}: how it renews`);
  assert.notEqual(after.refresh_token, before.refresh_token, 'a refresh token is replaced');
  assert.equal(await app.call(after.access_token), 200);
}

async function refusesAnotherState(app) {
  const mark = app.asked.length;
  await app.page.goto(`${app.origin}/callback?code=abc&state=another`);
  const { refused } = await app.found();
  assert.match(refused, /No matching state/, `${NAME}: another state`);
  assert.ok(app.asked.slice(mark).every(({ url }) => !url.includes('/token')), 'and asks for nothing');
  await app.page.goto(`${app.origin}/`);
}

async function opensPopup(app) {
  const opened = app.page.waitForEvent('popup');
  const found = app.page.evaluate(() => users.signinPopup().then(({ profile }) => profile.sub, (error) => error.message));
  const popup = await opened;
  // It closes by itself, at once if the user isn't asked anything.
  await popup.waitForURL(/^http/).then(() => app.user.getOn(popup)).catch(() => popup.close());
  assert.equal(await found, 'demo-user', `${NAME}: by a popup`);
}

/** The app's session ends and the browser's as well. */
async function signsOut(app) {
  const { access_token: token, id_token: idToken } = await app.page.evaluate(() => users.getUser());
  app.heard('/');
  const { pressed } = await app.signOut();
  assert.deepEqual(pressed, [], `${NAME}: a user with an ID token isn't asked`);
  const [{ url }] = app.heard('/end-session');
  assert.equal(new URL(url).searchParams.get('id_token_hint'), idToken);
  assert.ok(app.page.url().startsWith(`${app.origin}/`), app.page.url());
  assert.equal(await app.call(token), 401, `${NAME}: signed out`);
  const again = await app.signIn();
  assert.deepEqual(again.pressed, ['Sign in'], `${NAME}: the browser is signed out too`);
  await app.signOut();
}

async function signsInBound(app, issuer) {
  const { found } = await app.signIn();
  assert.equal(found.token_type, 'DPoP', `${NAME}: ${JSON.stringify(found)}`);
  assert.equal(found.profile.iss, issuer);
  const called = () => app.page.evaluate(async (url) => {
    const current = await users.getUser();
    const proof = await users.dpopProof(url, current, 'GET');
    return (await fetch(url, { headers: { authorization: `DPoP ${current.access_token}`, dpop: proof } })).status;
  }, `${app.user.issuer}/userinfo`);
  assert.equal(await called(), 200, `${NAME}: /userinfo with a proof`);
  const renewed = await app.page.evaluate(() => users.signinSilent());
  assert.equal(renewed.token_type, 'DPoP');
  assert.notEqual(renewed.refresh_token, found.refresh_token, 'a refresh token is replaced');
  assert.equal(await called(), 200);
  assert.equal(await app.call(renewed.access_token), 401, `${NAME}: a thief`);
  await app.page.evaluate(() => users.revokeTokens(['refresh_token']));
  assert.equal(await called(), 401, `${NAME}: revoked`);
}
