// The page that a link in a mail opens: its URL has a secret, which nobody else gets.

import assert from 'node:assert/strict';

import { url } from './environment.mjs';

/** The beginning of a link's token. */
const SECRET = 'lgm1_';
/** The only thing that the pages load from elsewhere. */
const LOGO = 'https://shop.example.com/logo.svg';

/** Opens a link, and calls `at` there. Of all requests, only the link's own contains its token, and others see at most the origin. */
export async function openLink({ page }, link, status, at) {
  assert.ok(link.includes(SECRET), link);
  const requests = [];
  const note = (request) => { requests.push(request); };
  page.on('request', note);
  const response = await page.goto(link);
  assert.equal(response.status(), status);
  assert.equal(response.headers()['referrer-policy'], 'strict-origin');
  await at();
  const hrefs = await page.locator('a[href]').evaluateAll((links) => links.map(({ href }) => href));
  for (const href of hrefs) {
    assert.ok(href.startsWith(`${url}/`) && !href.includes(SECRET), `a link of the page: ${href}`);
  }
  // `form.action` would be the button of that name.
  const actions = await page.locator('form').evaluateAll(
    (forms) => forms.map((form) => new URL(form.getAttribute('action') ?? '', document.URL).href));
  for (const action of actions) {
    assert.ok(action.startsWith(`${url}/`) && !action.includes(SECRET), `a form of the page: ${action}`);
  }
  page.off('request', note);
  assert.deepEqual(requests.map((request) => request.url()), [link, LOGO], 'what the page loads');
  for (const request of requests) {
    const { referer = `${url}/` } = await request.allHeaders();
    assert.equal(referer, `${url}/`, request.url());
  }
}
