// The MCP SDK for TypeScript, unmodified, as a client: `@modelcontextprotocol/client`, which is its version 2, and
// `@modelcontextprotocol/sdk`, its version 1. The argument says which; with `dpop` behind it, tokens are bound to a key (RFC 9449).

import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';

import { App, RESOURCE, signOut } from './app.mjs';
import { environment } from './environment.mjs';
import { version1, version2 } from './versions.mjs';

const METADATA = RESOURCE.replace('/mcp', '/.well-known/oauth-protected-resource/mcp');
const CHALLENGE = `Bearer error="insufficient_scope", error_description="Insufficient scope", scope="notes:read notes:write", `
  + `resource_metadata="${METADATA}"`;
const READ = 'notes:read';
const BOTH = ['notes:read', 'notes:write'];

const [library, binding] = process.argv.slice(2);
const kind = binding ? 'DPoP' : 'bearer';
const sdk = await { client: version2, sdk: version1 }[library]();
const note = `Buy milk for ${library}, ${kind}`;
await startFromNothing();
if (environment('LATCHGATE_API') === 'http') {
  await startWithLittle();
}
// Nothing waits for the browser any more.
process.exit();

/** Signs in at the server that the resource's metadata names, calls, refreshes, and is signed out. */
async function startFromNothing() {
  const app = await App.start(binding && await sdk.proofs());
  const client = await signedIn(app);
  assert.equal(app.asked.length, 1);
  const [asked] = app.asked;
  assert.equal(asked.get('resource'), RESOURCE);
  assert.deepEqual(asked.get('scope').split(' '), [...BOTH, ...sdk.asksFor]);
  assert.deepEqual(granted(app), BOTH);
  assert.equal(app.tokens().token_type, kind);
  const { tools } = await client.listTools();
  assert.deepEqual(tools.map(({ name }) => name), ['list_notes', 'add_note']);
  assert.equal(await call(client, 'add_note', { text: note }), 'The note is kept.');

  // The access token expires, and the user is not asked again.
  const before = app.tokens();
  await setTimeout((before.expires_in + 1) * 1000);
  assert.equal((await call(client, 'list_notes')).split('\n')[0], note);
  assert.notEqual(app.tokens().access_token, before.access_token);
  assert.notEqual(app.tokens().refresh_token, before.refresh_token);
  assert.equal(app.asked.length, 1);

  // After a logout neither token is good for anything.
  await signOut(app.tokens());
  await assert.rejects(call(client, 'list_notes'), sdk.UnauthorizedError);
  assert.equal(app.asked.length, 2);
  console.log(`@modelcontextprotocol/${library}, MCP ${sdk.revision(client)}, ${kind}: signed in, called, refreshed, was signed out`);
}

/** Begins with one scope, is refused because of another, and gets that one when the user is asked again. */
async function startWithLittle() {
  const app = await App.start(binding && await sdk.proofs());
  assert.equal(await sdk.auth(app, { serverUrl: RESOURCE, scope: `${READ} offline_access` }), 'REDIRECT');
  await sdk.finish(app, sdk.transport(app));
  assert.deepEqual(granted(app), [READ]);
  const transport = sdk.transport(app);
  const client = await sdk.connect(transport);
  assert.equal((await call(client, 'list_notes')).split('\n')[0], note);
  await assert.rejects(call(client, 'add_note', { text: 'Buy eggs' }), sdk.isRefused);
  assert.ok(app.refused.length > 0);
  assert.deepEqual(new Set(app.refused), new Set([CHALLENGE]));

  await sdk.stepUp(app, transport, BOTH.join(' '));
  assert.equal(app.asked.length, 2);
  assert.ok(BOTH.every((scope) => app.asked[1].get('scope').split(' ').includes(scope)));
  assert.deepEqual(granted(app), BOTH);
  assert.equal(await call(client, 'add_note', { text: 'Buy eggs' }), 'The note is kept.');
  assert.deepEqual((await call(client, 'list_notes')).split('\n').slice(0, 2), ['Buy eggs', note]);
  console.log(`@modelcontextprotocol/${library}, ${kind}: was refused for a scope, and stepped up`);
}

/** A client that is connected, after its user has signed in. */
async function signedIn(app) {
  const transport = sdk.transport(app);
  await assert.rejects(sdk.connect(transport), sdk.UnauthorizedError);
  await sdk.finish(app, transport);
  return sdk.connect(sdk.transport(app));
}

async function call(client, name, values = {}) {
  const { content, isError } = await client.callTool({ name, arguments: values });
  assert.ok(!isError, content[0].text);
  return content[0].text;
}

/** The access token's scopes that the server uses. */
function granted(app) {
  return app.tokens().scope.split(' ').filter((scope) => scope.startsWith('notes:'));
}
