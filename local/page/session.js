// The session of this page: log in, refresh, log out. It is only in memory; the browser keeps the key that it is bound to.

import { byId } from './dom.js';
import { browserKey, isPossible, newKey, send } from './dpop.js';
import * as tokens from './tokens.js';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const BUTTONS = ['sessions-button', 'refresh-button', 'steal-button', 'logout-button', 'everywhere-button'];

let session;
/** The client that the session is on. */
let client;
/** The key that its tokens are bound to; undefined, if they aren't. */
let key;
/** The refresh token of the login, once a refresh has used it up. */
let usedToken;

/** A browser without WebCrypto has no key to bind anything to. */
export function offerBinding() {
  byId('bind').disabled = !isPossible;
  byId('bind').checked = isPossible;
}

/** Sends a request with the access token, or without one if no user is logged in. */
export const call = (request) => (session ? present(session, request, key) : send(request));

/** Sends it with the access token of these tokens and, if that is bound, with a proof of a key. */
function present({ access_token: token, token_type: type }, request, proving) {
  const headers = { ...request.headers, authorization: `${isBound(type) ? 'DPoP' : 'Bearer'} ${token}` };
  return send({ ...request, headers }, isBound(type) ? proving : undefined, token);
}

const isBound = (type) => type === 'DPoP';

export async function login() {
  const secret = byId('client-secret').value;
  client = { client_id: byId('client-id').value, ...(secret && { client_secret: secret }) };
  const user = { username: byId('username').value, password: byId('password').value, device_name: 'The local page' };
  key = byId('bind').checked ? await browserKey() : undefined;
  const answer = await post('/login', { ...client, ...user });
  if (answer.status === 200 && answer.json?.refresh_token) {
    usedToken = undefined;
    begin(answer.json, isBound(answer.json.token_type) ? "Logged in. The tokens are bound to this browser's key." : 'Logged in.');
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

/** Acts as a thief who has both tokens and another key. */
export async function steal() {
  const thief = await newKey();
  const called = await present(session, { method: 'GET', path: '/sessions' }, thief);
  if (called.status === 200) {
    byId('outcome').textContent = "The thief gets in: GET /sessions answered 200. These tokens aren't bound to a key, so they are good in any hands.";
    return;
  }
  const { client_id: id } = client;
  const fields = { grant_type: 'refresh_token', client_id: id, refresh_token: session.refresh_token };
  const refreshed = await post('/refresh', fields, thief);
  byId('outcome').textContent = refreshed.status === 200
    ? 'The thief has new tokens.'
    : `The thief gets nothing without this browser's key: GET /sessions answered ${called.status}, POST /refresh ${refreshed.status}. The session goes on.`;
}

export async function logout(everywhere) {
  const answer = await post('/logout', { ...client, token: session.refresh_token, ...(everywhere && { everywhere: 'true' }) });
  if (answer.status === 200) {
    const ended = session;
    end(everywhere ? 'Logged out everywhere.' : 'Logged out.');
    const after = await present(ended, { method: 'GET', path: '/sessions' }, key);
    byId('outcome').textContent += ` The access token is refused from now on: GET /sessions answered ${after.status}.`;
  } else {
    say('Not logged out', answer);
  }
}

export async function listSessions() {
  const answer = await call({ method: 'GET', path: '/sessions' });
  if (answer.status === 200) {
    const count = answer.json?.sessions?.length ?? 0;
    byId('outcome').textContent = `The user is signed in on ${count} ${count === 1 ? 'device' : 'devices'}.`;
  } else {
    say('Refused', answer);
  }
}

function post(path, fields, proving = key) {
  return send({ method: 'POST', path, headers: FORM, body: new URLSearchParams(fields).toString() }, proving);
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
