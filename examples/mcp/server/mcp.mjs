// An MCP server with two tools. The gateway in front of it has verified the token, and names the caller.

import { createMcpHandler, McpServer, requireScopes } from '@modelcontextprotocol/server';
import * as z from 'zod';

/** Serves MCP over HTTP without sessions, and keeps notes in `notes`. Its `fetch` needs a `caller` as `authInfo`. */
export function serverOf(notes) {
  return createMcpHandler(({ authInfo }) => {
    const user = authInfo.extra.sub;
    const server = new McpServer({ name: 'notes', version: '1.0.0' });
    server.registerTool(
      'list_notes',
      {
        description: 'Lists the notes of the user',
        annotations: { readOnlyHint: true },
        scopeChallenge: requireScopes('notes:read'),
      },
      async () => said((await notes.list(user)).join('\n') || 'There are no notes.'),
    );
    server.registerTool(
      'add_note',
      {
        description: 'Adds a note of the user',
        inputSchema: z.object({ text: z.string().min(1).max(1000) }),
        // Both: a client that asks for what a challenge names, and for nothing else, keeps what it has.
        scopeChallenge: requireScopes('notes:read', 'notes:write'),
      },
      async ({ text }) => {
        await notes.add(user, text);
        return said('The note is kept.');
      },
    );
    return server;
  });
}

/**
 * The caller, as the SDK has it: by what the authorizer says, and the URL that this server is registered with as a resource. Challenges
 * name the metadata of that URL. The token itself stays out: no tool may pass it on.
 */
export function caller({ sub, client_id: clientId, scope }, resource) {
  if (!sub) {
    throw new Error('the request did not come through the authorizer');
  }
  return { clientId, scopes: scope.split(' '), resource: new URL(resource), extra: { sub } };
}

function said(text) {
  return { content: [{ type: 'text', text }] };
}
