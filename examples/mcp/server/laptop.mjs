// The server on a laptop, for `cargo run -- --upstream`. Its notes are gone with it.

import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';

import { localhostAllowedHostnames, validateHostHeader } from '@modelcontextprotocol/server';

import { caller, serverOf } from './mcp.mjs';

const notes = new Map();
const server = serverOf({
  list: async (user) => notes.get(user) ?? [],
  add: async (user, text) => notes.set(user, [text, ...(notes.get(user) ?? [])]),
});

async function answer(request) {
  const { headers, method, url } = request;
  // A web page can't call this server by a domain that resolves to it (DNS rebinding).
  if (!validateHostHeader(headers.host, localhostAllowedHostnames()).ok) {
    return new Response('Not a name of this machine.', { status: 403 });
  }
  const resource = `${headers['x-forwarded-proto']}://${headers['x-forwarded-host']}${url}`;
  const context = {
    sub: headers['x-latchgate-sub'],
    client_id: headers['x-latchgate-client-id'],
    scope: headers['x-latchgate-scope'],
  };
  const body = method === 'POST' ? await buffer(request) : undefined;
  const forwarded = new Request(new URL(url, `http://${headers.host}`), { method, headers, body });
  return server.fetch(forwarded, { authInfo: caller(context, resource) });
}

const port = process.env.PORT ?? 3001;
createServer(async (request, response) => {
  try {
    const { body, headers, status } = await answer(request);
    response.writeHead(status, Object.fromEntries(headers)).end(body && await buffer(body));
  } catch (error) {
    console.error(error);
    response.writeHead(500).end();
  }
}).listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/mcp`));
