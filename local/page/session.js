// The session of this page: log in, refresh, log out. It is in memory alone.

import { send } from './calls.js';
import { byId } from './dom.js';
import * as tokens from './tokens.js';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const BUTTONS = ['sessions-button', 'refresh-button', 'logout-button', 'everywhere-button'];

let session;
/** The client that the session is on. */
let client;
/** The refresh token of the login, once a refresh has used it up. */
let usedToken;

/** The access token; undefined, if nobody is logged in. */
export const accessToken = () => session?.access_token;

export async function login() {
  const secret = byId('client-secret').value;
  client = { client_id: byId('client-id').value, ...(secret && { client_secret: secret }) };
  const user = { username: byId('username').value, password: byId('password').value, device_name: 'The local page' };
  const answer = await post('/login', { ...client, ...user });
  if (answer.status === 200 && answer.json?.refresh_token) {
    usedToken = undefined;
    begin(answer.json, 'Logged in.');
  } else {
    say('Not logged in', answer);
  }
}

export async function refresh() {
  const used = session.refresh_token;
  const answer = await post('/refresh', { grant_type: 'refresh_token', ...client, refresh_token: used });
  if (answer.status === 200) {
    usedToken ??= used;
    begin(answer.json, 'Refreshed: two new tokens. The old refresh token is used up.');
  } else {
    over(answer, 'Not refreshed');
  }
}

/** As a thief would. */
export async function replay() {
  const answer = await post('/refresh', { grant_type: 'refresh_token', ...client, refresh_token: usedToken });
  if (answer.status === 200) {
    begin(answer.json, 'A retry within the leeway: the same new refresh token again. Refresh twice, and it is taken for theft.');
  } else {
    over(answer, 'A used refresh token is taken for theft, and the session has ended');
  }
}

export async function logout(everywhere) {
  const answer = await post('/logout', { ...client, token: session.refresh_token, ...(everywhere && { everywhere: 'true' }) });
  if (answer.status === 200) {
    const token = accessToken();
    end(everywhere ? 'Logged out everywhere.' : 'Logged out.');
    const after = await send({ method: 'GET', path: '/sessions', headers: { authorization: `Bearer ${token}` } });
    byId('outcome').textContent += ` The access token is refused from now on: GET /sessions answered ${after.status}.`;
  } else {
    say('Not logged out', answer);
  }
}

export async function listSessions() {
  const answer = await send({ method: 'GET', path: '/sessions', headers: { authorization: `Bearer ${accessToken()}` } });
  if (answer.status === 200) {
    const count = answer.json?.sessions?.length ?? 0;
    byId('outcome').textContent = `The user is signed in on ${count} ${count === 1 ? 'device' : 'devices'}.`;
  } else {
    say('Refused', answer);
  }
}

function post(path, fields) {
  return send({ method: 'POST', path, headers: FORM, body: new URLSearchParams(fields).toString() });
}

function begin(answer, sentence) {
  session = answer;
  byId('outcome').textContent = sentence;
  show();
}

function end(sentence) {
  session = undefined;
  usedToken = undefined;
  byId('outcome').textContent = sentence;
  show();
}

/** Only `invalid_grant` ends a session; after any other failure the same request can be sent again. */
function over(answer, sentence) {
  if (answer.json?.error === 'invalid_grant') {
    end(`${sentence}: ${answer.json.error}.`);
  } else {
    say(sentence, answer);
  }
}

function say(sentence, { status, json, failure }) {
  const why = json?.error_description ?? json?.message ?? failure ?? '';
  byId('outcome').textContent = `${sentence}: ${status ?? 'no answer'}. ${why}`;
}

function show() {
  for (const id of BUTTONS) {
    byId(id).disabled = !session;
  }
  byId('replay-button').disabled = !session || !usedToken;
  tokens.show(session);
}
