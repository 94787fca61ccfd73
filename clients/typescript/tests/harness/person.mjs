// A person who signs in at Latchgate's pages, with a browser that is a cookie jar and a reader of forms.

/** Opens the address, fills in and presses what the pages ask for, and returns the address to which they send the browser back. */
export async function signInAt(address, { username, password }, jar = new Map()) {
  let page = await open(address, jar);
  for (let step = 0; step < 5; step += 1) {
    const location = page.headers.get('location');
    if (location) {
      return new URL(location, address).href;
    }
    const html = await page.text();
    const csrf = /name="csrf" value="([^"]*)"/.exec(html)?.[1] ?? '';
    const buttons = [...html.matchAll(/name="action" value="([^"]*)"[^>]*>([^<]*)</g)].map(([, value, label]) => ({ value, label: label.trim() }));
    const action = ['Sign in', 'Continue', 'Allow'].map((name) => buttons.find(({ label }) => label === name)?.value).find(Boolean);
    if (!action) {
      throw new Error(`the page has no way on: ${html}`);
    }
    const fields = action === 'sign-in' ? { username, password } : {};
    page = await open(address, jar, new URLSearchParams({ csrf, action, ...fields }));
  }
  throw new Error('the pages go in a circle');
}

async function open(address, jar, form) {
  const headers = { cookie: [...jar].map((pair) => pair.join('=')).join('; '), origin: new URL(address).origin };
  const response = await fetch(address, { method: form ? 'POST' : 'GET', headers, body: form, redirect: 'manual' });
  for (const cookie of response.headers.getSetCookie()) {
    const [name, ...value] = cookie.split(';')[0].split('=');
    jar.set(name, value.join('='));
  }
  return response;
}
