// Puts the parts of the page together.

import * as about from './about.js';
import * as calls from './calls.js';
import { byId } from './dom.js';
import * as events from './events.js';
import * as mails from './mails.js';
import * as session from './session.js';
import * as tokens from './tokens.js';

/** Runs one thing at a time: a second click while a refresh is under way would use its token twice. */
let isBusy = false;
async function once(work) {
  if (isBusy) {
    return;
  }
  isBusy = true;
  try {
    await work();
  } finally {
    isBusy = false;
  }
}

function submit(id, work) {
  byId(id).addEventListener('submit', (event) => {
    event.preventDefault();
    once(work);
  });
}

const click = (id, work) => byId(id).addEventListener('click', () => once(work));

submit('login-form', session.login);
click('sessions-button', session.listSessions);
click('refresh-button', session.refresh);
click('replay-button', session.replay);
click('steal-button', session.steal);
click('logout-button', () => session.logout(false));
click('everywhere-button', () => session.logout(true));
submit('call-form', async () => {
  const method = byId('call-method').value;
  const body = byId('call-body').value;
  const hasBody = body && !['GET', 'HEAD'].includes(method);
  const headers = hasBody ? { 'content-type': byId('call-type').value } : {};
  const send = byId('call-token').checked ? session.call : calls.send;
  // A path begins at this server, and nowhere else.
  const path = new URL(byId('call-path').value.replace(/^[/\\]*/, '/'), location.origin);
  const answer = await send({ method, path: path.pathname + path.search, headers, body: hasBody ? body : undefined });
  byId('outcome').textContent = `${method} ${path.pathname}: ${answer.status ?? answer.failure}.`;
});
byId('whole').addEventListener('change', calls.show);
setInterval(tokens.tick, 1000);
session.offerBinding();
mails.load();
events.listen();
about.load();
