// Runs the example's Lambda function instead of `laptop.mjs`, with its own table: turns each request into an HTTP API's event
// (payload 2.0), and the function's answer into a response.

import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';

import { handler } from './lambda.mjs';

// As template.yaml has it.
await new DynamoDBClient().send(new CreateTableCommand({
  TableName: process.env.TABLE,
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [{ AttributeName: 'user', AttributeType: 'S' }, { AttributeName: 'id', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'user', KeyType: 'HASH' }, { AttributeName: 'id', KeyType: 'RANGE' }],
}));

async function answer(request) {
  const { headers, method, url } = request;
  const host = headers['x-forwarded-host'];
  const body = await text(request);
  return handler({
    version: '2.0',
    rawPath: url,
    headers: { ...headers, host },
    requestContext: {
      domainName: new URL(`http://${host}`).hostname,
      http: { method, path: url },
      authorizer: {
        lambda: {
          sub: headers['x-latchgate-sub'],
          client_id: headers['x-latchgate-client-id'],
          sid: headers['x-latchgate-sid'],
          scope: headers['x-latchgate-scope'],
        },
      },
    },
    stageVariables: { latchgate_resource: `${headers['x-forwarded-proto']}://${host}${url}` },
    ...(body && { body }),
    isBase64Encoded: false,
  });
}

createServer(async (request, response) => {
  try {
    const { body, headers, statusCode } = await answer(request);
    response.writeHead(statusCode, headers).end(body);
  } catch (error) {
    console.error(error);
    response.writeHead(500).end();
  }
}).listen(process.env.PORT, '127.0.0.1');
