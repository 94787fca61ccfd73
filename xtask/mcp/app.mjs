// An app that uses the MCP SDK for TypeScript, with what the SDK needs: a place for tokens and a browser.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';

import { signIn } from './browser.mjs';
import { environment } from './environment.mjs';

/** The MCP server. */
export const RESOURCE = environment('LATCHGATE_MCP_URL');
/** The client as it is registered: its identifier, and its secret if it has one. */
export const CLIENT = JSON.parse(environment('LATCHGATE_CLIENT'));

/** An `OAuthClientProvider`, which remembers what its user was asked and what the server refused. */
export class App {
  #verifier;
  #tokens;
  #state;
  #back;
  #discovered;
  /** The requests that the browser was sent to. */
  asked = [];
  /** The challenges that came with a 403. */
  refused = [];

  constructor(redirectUrl) {
    this.redirectUrl = redirectUrl;
  }

  /** Listens for the browser on its own port, as a native app does. Tokens are bound to the key of `proofs`, if there is one. */
  static async start(proofs) {
    const listener = createServer((_, response) => response.end('You can close this window.'));
    await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
    listener.unref();
    const app = new App(`http://127.0.0.1:${listener.address().port}/callback`);
    return Object.assign(app, proofs && { dpop: () => proofs });
  }

  get clientMetadata() {
    return { client_name: 'Notes', redirect_uris: [this.redirectUrl], grant_types: ['authorization_code', 'refresh_token'] };
  }

  clientInformation() {
    return CLIENT;
  }

  tokens() {
    return this.#tokens;
  }

  saveTokens(tokens) {
    this.#tokens = tokens;
  }

  saveCodeVerifier(verifier) {
    this.#verifier = verifier;
  }

  codeVerifier() {
    return this.#verifier;
  }

  state() {
    this.#state = randomUUID();
    return this.#state;
  }

  saveDiscoveryState(discovered) {
    this.#discovered = discovered;
  }

  discoveryState() {
    return this.#discovered;
  }

  invalidateCredentials(which) {
    if (which === 'all' || which === 'tokens') {
      this.#tokens = undefined;
    }
  }

  redirectToAuthorization(url) {
    this.asked.push(url.searchParams);
    // Later: a user takes time, and the operator may have changed something by then.
    this.#back = () => signIn(url.href);
  }

  /** What the browser comes back with. */
  async back() {
    const { searchParams } = new URL(await this.#back());
    assert.equal(searchParams.get('state'), this.#state);
    return searchParams;
  }

  fetch = async (url, init) => {
    const response = await fetch(url, init);
    if (response.status === 403) {
      this.refused.push(response.headers.get('www-authenticate'));
    }
    return response;
  };
}

/** Ends the session of the tokens, as the operator or the user can. */
export async function signOut({ access_token: token }) {
  const body = new URLSearchParams({ token, ...CLIENT });
  const response = await fetch(`${environment('LATCHGATE_URL')}/logout`, { method: 'POST', body });
  assert.equal(response.status, 200);
}
