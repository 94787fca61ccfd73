// What differs between the two versions of the MCP SDK for TypeScript.

import assert from 'node:assert/strict';

import { RESOURCE } from './app.mjs';

/** `@modelcontextprotocol/client`. */
export async function version2() {
  const { auth, Client, DpopSession, StreamableHTTPClientTransport, UnauthorizedError }
    = await import('@modelcontextprotocol/client');
  const finish = async (app, transport) => transport.finishAuth(await app.back());
  return {
    auth,
    UnauthorizedError,
    proofs: () => DpopSession.create(),
    // If the server has refresh tokens, it asks for one.
    asksFor: ['offline_access'],
    revision: (client) => client.getNegotiatedProtocolVersion(),
    transport: (app) => new StreamableHTTPClientTransport(new URL(RESOURCE), { authProvider: app, fetch: app.fetch }),
    connect: (transport) => connect(Client, transport, { versionNegotiation: { mode: 'auto' } }),
    finish,
    // It has already sent the user to sign in, for the scopes that it has and the one that it lacks.
    isRefused: UnauthorizedError,
    stepUp: finish,
  };
}

/** `@modelcontextprotocol/sdk`. */
export async function version1() {
  const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
  const { StreamableHTTPClientTransport, StreamableHTTPError } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
  const { auth, UnauthorizedError } = await import('@modelcontextprotocol/sdk/client/auth.js');
  const finish = async (app, transport) => transport.finishAuth((await app.back()).get('code'));
  let revision;
  return {
    auth,
    UnauthorizedError,
    asksFor: [],
    revision: () => revision,
    transport: (app) => new StreamableHTTPClientTransport(new URL(RESOURCE), { authProvider: app, fetch: app.fetch }),
    connect: async (transport) => {
      const client = await connect(Client, transport);
      revision = transport.protocolVersion;
      return client;
    },
    finish,
    // While it has a refresh token, it refreshes instead of asking the user, and gets no further scope.
    isRefused: (error) => error instanceof StreamableHTTPError && error.code === 403,
    stepUp: async (app, transport, scope) => {
      app.invalidateCredentials('tokens');
      assert.equal(await auth(app, { serverUrl: RESOURCE, scope }), 'REDIRECT');
      await finish(app, transport);
    },
  };
}

async function connect(Client, transport, options) {
  const client = new Client({ name: 'latchgate', version: '1.0.0' }, options);
  await client.connect(transport);
  return client;
}
