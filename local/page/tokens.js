// Tokens, taken apart.

import { byId, code, duration, element, pair, timeOfDay } from './dom.js';
import { base64url } from './dpop.js';

/** What the claims mean (RFC 9068, and Latchgate's own). */
const CLAIMS = {
  iss: 'issuer: where it was issued',
  sub: 'the user',
  aud: 'audience: the API that it is for',
  exp: 'it is refused from then on',
  iat: 'when it was issued',
  jti: 'the identifier of this token',
  sid: 'the session, which a logout ends',
  client_id: 'the client that it was issued to',
  scope: 'what it allows',
  auth_time: 'when the user typed the password',
  cnf: 'the thumbprint of the key of which a proof has to come with it',
};
const INSTANTS = ['exp', 'iat', 'auth_time', 'nbf'];
/** Bytes of the parts of a refresh token that have a fixed length. */
const SECRET = 20;
const GENERATION = 4;
const THUMBPRINT = 32;
const HMAC = 32;

/** Shows what the tokens are made of. */
export function show(session) {
  if (!session) {
    byId('tokens').replaceChildren(element('p', { className: 'hint' }, 'Log in, and they are taken apart here.'));
    return;
  }
  byId('tokens').replaceChildren(
    element('h3', {}, 'Access token'), ...accessToken(session.access_token),
    element('h3', {}, 'Refresh token'), ...refreshToken(session.refresh_token, session.refresh_token_expires_in),
  );
  tick();
}

/** Counts down. */
export function tick() {
  const left = byId('expiry');
  if (left) {
    const seconds = Math.floor(Number(left.dataset.at) - Date.now() / 1000);
    left.textContent = seconds > 0 ? ` in ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}` : ' (over: refresh)';
  }
}

function accessToken(text) {
  const jwt = decoded(text);
  if (!jwt) {
    return [element('p', {}, 'It is not a JWT.')];
  }
  const header = element('dl', { id: 'jwt-header' }, ...Object.entries(jwt.header).flatMap(([name, value]) => pair(name, code(String(value)))));
  const claims = element('dl', { id: 'jwt-claims' }, ...Object.entries(jwt.claims).flatMap(claim));
  return [
    element('p', { className: 'hint' }, `A JWT: header, claims and signature. Anyone who has it can read it. It opens the API ${jwt.claims.cnf ? 'only with a proof of its key' : 'for anyone who has it'}, until it expires or its session ends.`),
    element('h4', {}, 'Header'), header,
    element('h4', {}, 'Claims'), claims,
    element('p', { className: 'hint' }, `Signature: ${jwt.signatureLength} bytes, by the key ${jwt.header.kid} of /.well-known/jwks.json.`),
  ];
}

function claim([name, value]) {
  const shown = code(typeof value === 'string' ? value : JSON.stringify(value));
  const extra = [];
  if (INSTANTS.includes(name) && typeof value === 'number') {
    extra.push(` ${timeOfDay(new Date(value * 1000))}`);
  }
  if (name === 'exp') {
    const left = element('span', { id: 'expiry' });
    left.dataset.at = value;
    extra.push(left);
  }
  if (CLAIMS[name]) {
    extra.push(element('span', { className: 'hint' }, ` ${CLAIMS[name]}`));
  }
  return pair(name, shown, ...extra);
}

function decoded(text) {
  try {
    const [header, claims, signature] = text.split('.');
    const json = (part) => JSON.parse(new TextDecoder().decode(bytes(part)));
    return { header: json(header), claims: json(claims), signatureLength: bytes(signature).length };
  } catch {
    return undefined;
  }
}

/** Its parts are named, and its secret isn't shown. */
function refreshToken(text, expiresIn) {
  const parts = refreshParts(text);
  if (!parts) {
    return [element('p', {}, 'This page does not know its format.')];
  }
  return [
    element('p', { className: 'hint' }, `Only Latchgate reads it. It works once, on its own client, within ${duration(expiresIn)}.`),
    element('dl', { id: 'refresh-parts' },
      ...pair('format', code(parts.prefix)),
      ...pair('HMAC key', code(parts.kid)),
      ...pair('user', code(parts.user)),
      ...pair('secret', `${SECRET} bytes, not shown: anyone who has them has the session`),
      ...pair('generation', code(String(parts.generation)), element('span', { className: 'hint' }, ' rotations so far')),
      ...(parts.key ? pair('key', code(parts.key), element('span', { className: 'hint' }, ' its thumbprint: refused without a proof of it')) : []),
      ...pair('HMAC', `${HMAC} bytes over all of it and the client: a forged token costs no read`)),
  ];
}

function refreshParts(text) {
  try {
    const [prefix] = text.match(/^lgr[12]_/);
    const bound = prefix === 'lgr2_' ? THUMBPRINT : 0;
    const all = bytes(text.slice(prefix.length));
    const kidEnd = 1 + all[0];
    const userEnd = kidEnd + 1 + all[kidEnd];
    const generationEnd = userEnd + SECRET + GENERATION;
    if (all.length !== generationEnd + bound + HMAC) {
      return undefined;
    }
    const word = (from, to) => new TextDecoder().decode(all.slice(from, to));
    const generation = new DataView(all.buffer).getUint32(userEnd + SECRET);
    const key = base64url(all.slice(generationEnd, generationEnd + bound));
    return { prefix, kid: word(1, kidEnd), user: word(kidEnd + 1, userEnd), generation, key };
  } catch {
    return undefined;
  }
}

function bytes(base64url) {
  const base64 = base64url.replaceAll('-', '+').replaceAll('_', '/');
  return Uint8Array.from(atob(base64), (character) => character.codePointAt(0));
}
