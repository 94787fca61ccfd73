// The pages' forms and links, as a user uses them.

import assert from 'node:assert/strict';

import { url } from './environment.mjs';

export const button = (page, action) => page.locator(`button[name=action][value=${action}]`);

/** The page that a click on a button leads to. */
export async function press(page, action) {
  const [response] = await Promise.all([page.waitForNavigation(), button(page, action).first().click()]);
  return response;
}

/** Fills a form in, and sends it. */
export async function send(page, action, fields) {
  for (const [name, value] of Object.entries(fields)) {
    await page.locator(`input[name=${name}]`).fill(value);
  }
  return press(page, action);
}

/** Sends a form of which the browser's own checks would stop the fields. */
export async function sendUnchecked(page, action, fields) {
  await page.locator('form').first().evaluate((form) => { form.noValidate = true; });
  return send(page, action, fields);
}

/** Follows the page's link to this path. */
export async function follow(page, path) {
  const [response] = await Promise.all([page.waitForNavigation(), page.locator(`a[href*="${path}"]`).first().click()]);
  assert.equal(response.status(), 200, path);
  return response;
}

/** Presses a button twice: the browser drops the first request, and shows the answer to the second. */
export async function clickTwice({ page, slow }, action) {
  const posts = [];
  const count = (request) => { if (request.method() === 'POST') posts.push(request); };
  page.on('request', count);
  await slow(1000);
  const { x, y } = await button(page, action).first().boundingBox();
  for (let click = 0; click < 2; click += 1) {
    await page.mouse.click(x + 5, y + 5);
    await page.waitForTimeout(50);
  }
  page.off('request', count);
  await slow(0);
  assert.equal(posts.length, 2, `${action} was sent twice`);
}

/** Sends a form whose first answer gets lost: the server handles the same request twice. */
export async function sendTwice(page, action) {
  const isPost = (address) => address.href.startsWith(url);
  let isFirst = true;
  await page.route(isPost, async (route) => {
    const request = route.request();
    if (request.method() === 'POST' && isFirst) {
      isFirst = false;
      const { 'content-length': _, ...headers } = await request.allHeaders();
      const lost = await fetch(request.url(), { method: 'POST', headers, body: request.postData(), redirect: 'manual' });
      assert.ok(lost.status < 400, `${action}: ${lost.status}`);
      await lost.arrayBuffer();
    }
    await route.continue();
  });
  const response = await press(page, action);
  await page.unroute(isPost);
  assert.ok(!isFirst);
  return response;
}
