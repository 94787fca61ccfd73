// An app of another origin, to which the pages send the browser back: its callback redirects on, to yet another origin.

import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto';
import { createServer } from 'node:http';

import { url } from './environment.mjs';

const HEAD = '<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,">';

/** An app that listens on its own port. */
export async function listen() {
  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url, 'http://127.0.0.1');
    const onward = { '/callback': `http://localhost:${port}/home${search}`, '/hop': `http://localhost:${port}/home` }[pathname];
    if (onward) {
      response.writeHead(303, { location: onward }).end();
      return;
    }
    response.setHeader('content-type', 'text/html');
    if (pathname === '/bound') {
      // The policy that pages can't have if a client waits for the answer.
      response.setHeader('content-security-policy', "form-action 'self'");
      response.end(`${HEAD}<title>Bound</title><form method="post" action="/hop"><button>Send</button></form>`);
      return;
    }
    if (pathname === '/foreign') {
      response.end(`${HEAD}<title>Foreign</title><form method="post" action="${url}/account"><input type="hidden" name="csrf" value="x">
        <button name="action" value="sign-out">Send</button></form>`);
      return;
    }
    response.end(`${HEAD}<title>The app</title><h1>${pathname}</h1>`);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address();
  return new App(server, port);
}

class App {
  #server;

  constructor(server, port) {
    this.#server = server;
    this.origin = `http://127.0.0.1:${port}`;
    this.home = `http://localhost:${port}/home`;
    this.callback = `${this.origin}/callback`;
  }

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** A request for authorization, and what belongs to it. */
  request(client_id, parameters = {}) {
    const verifier = randomBytes(32).toString('base64url');
    const state = randomBytes(8).toString('hex');
    const all = {
      response_type: 'code',
      client_id,
      redirect_uri: this.callback,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      state,
      ...parameters,
    };
    return { client_id, verifier, state, url: `${url}/authorize?${new URLSearchParams(all)}` };
  }

  /** Waits until the browser is back, and returns the parameters that it came with. */
  async answer(page, request) {
    await page.waitForURL(`${this.home}?*`);
    const answer = new URL(page.url()).searchParams;
    assert.equal(answer.get('iss'), url);
    assert.equal(answer.get('state'), request.state);
    return answer;
  }

  /** The tokens for the code with which the browser came back. */
  async tokens(page, request) {
    const code = (await this.answer(page, request)).get('code');
    assert.ok(code, page.url());
    const { client_id, verifier: code_verifier } = request;
    const body = { grant_type: 'authorization_code', client_id, code, code_verifier, redirect_uri: this.callback };
    const response = await fetch(`${url}/token`, { method: 'POST', body: new URLSearchParams(body) });
    const tokens = await response.json();
    assert.equal(response.status, 200, JSON.stringify(tokens));
    return tokens;
  }
}

/** The answer of an endpoint behind the authorizer to this access token. */
export async function statusOf({ access_token }) {
  const response = await fetch(`${url}/sessions`, { headers: { authorization: `Bearer ${access_token}` } });
  await response.arrayBuffer();
  return response.status;
}

/** Signs a user in on a device of this name, with the app's own form; `isBound`: the tokens are bound to a key (RFC 9449). */
export async function logIn(user, device_name, { isBound = false } = {}) {
  const body = new URLSearchParams({ client_id: 'demo-app', username: user.name, password: user.password, device_name });
  const headers = isBound ? { dpop: proof(`${url}/login`) } : {};
  const response = await fetch(`${url}/login`, { method: 'POST', body, headers });
  const tokens = await response.json();
  assert.equal(response.status, 200, JSON.stringify(tokens));
  assert.equal(tokens.token_type === 'DPoP', isBound);
  return tokens;
}

/** A proof of a new key. */
function proof(htu) {
  const { privateKey: key, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
  const parts = [
    { typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } },
    { jti: randomUUID(), htm: 'POST', htu, iat: Math.floor(Date.now() / 1000) },
  ];
  const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${signed}.${sign('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}
