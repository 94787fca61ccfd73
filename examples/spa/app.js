// The app: sign in, call an API, see the devices, log out. Open it in two tabs.

import { devices, signOutDevice } from '/latchgate/account.js';
import { createClient } from '/latchgate/browser.js';

const byId = (id) => document.getElementById(id);
const { issuer } = await (await fetch('/config.json')).json();
// All tabs have to do the same, so the choice is kept.
const isBound = localStorage.getItem('dpop') !== 'off';

const auth = await createClient({
  issuer,
  clientId: 'demo-app',
  redirectUri: `${location.origin}/callback`,
  scope: 'openid profile read',
  dpop: isBound,
});

const REASONS = {
  logout: 'You have logged out.',
  expired: 'You were away for too long. Please sign in again.',
  ended: 'Your session was ended, on another device or by a change of your password. Please sign in again.',
  elsewhere: 'You have logged out in another tab.',
  replaced: 'Somebody else has signed in, in another tab.',
  key_lost: "This browser's key is gone. Please sign in again.",
  storage_failed: 'This browser has no room left to keep you signed in.',
};

auth.on('signedIn', show);
auth.on('signedOut', ({ reason }) => show().then(() => say(REASONS[reason])));

byId('dpop').checked = isBound;
byId('dpop').addEventListener('change', ({ target }) => {
  localStorage.setItem('dpop', target.checked ? 'on' : 'off');
  location.reload();
});
click('sign-in', () => auth.signIn());
click('load-orders', async () => {
  const response = await auth.fetch(`${issuer}/orders`);
  const orders = response.ok ? await response.json() : [];
  list('orders', orders.map(({ order, item, by }) => [`Order ${order}: ${item}, for ${by}`]));
});
click('log-out', async () => {
  if (!(await auth.logout())) {
    say('You have logged out here. The server hears of it when it can be reached.');
  }
});
click('log-out-everywhere', () => auth.logout({ everywhere: true }));
click('sign-out', () => auth.signOut());

await auth.handleCallback().catch(fail);
await show();

async function show() {
  const user = await auth.user();
  byId('signed-out').hidden = Boolean(user);
  byId('signed-in').hidden = !user;
  if (user) {
    say('');
    byId('who').textContent = user.claims?.name ?? 'a user';
    byId('manner').textContent = user.isBound ? 'tokens that are bound to a key of this browser' : 'bearer tokens';
    list('orders', []);
    await showDevices().catch(fail);
  }
}

async function showDevices() {
  const { sessions } = await devices(auth);
  list('devices', sessions.map((device) => {
    const name = `${device.client_id}${device.dpop_bound ? ', bound to a key' : ''}, since ${new Date(device.created_at * 1000).toLocaleString()}`;
    return device.current ? [`${name} (this one)`] : [name, button('Sign out', async () => {
      await signOutDevice(auth, device.session_id);
      await showDevices();
    })];
  }));
}

function list(id, items) {
  byId(id).replaceChildren(...items.map((parts) => {
    const item = document.createElement('li');
    item.append(...parts);
    return item;
  }));
}

function button(text, work) {
  const made = document.createElement('button');
  made.textContent = text;
  made.addEventListener('click', () => work().catch(fail));
  return made;
}

function click(id, work) {
  byId(id).addEventListener('click', () => work().catch(fail));
}

function say(text) {
  byId('message').textContent = text;
}

function fail(error) {
  say(error.isTemporary ? 'The server can\'t be reached. Try again in a moment.' : error.message);
}
