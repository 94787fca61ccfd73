// The server as a Lambda function behind an HTTP API.

import { caller, serverOf } from './mcp.mjs';
import { notesIn } from './table.mjs';

const server = serverOf(notesIn(process.env.TABLE));

export async function handler({ body, headers, isBase64Encoded, rawPath, requestContext, stageVariables }) {
  const { authorizer, domainName, http } = requestContext;
  const request = new Request(`https://${domainName}${rawPath}`, {
    method: http.method,
    headers,
    body: body && Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'),
  });
  const authInfo = caller(authorizer.lambda, stageVariables.latchgate_resource);
  const response = await server.fetch(request, { authInfo });
  return { statusCode: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
}
