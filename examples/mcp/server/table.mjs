// Notes in a table of DynamoDB.

import { randomUUID } from 'node:crypto';

import { DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';

/** How many notes a list has: the newest. */
const LIMIT = 100;

export function notesIn(table) {
  const client = new DynamoDBClient();
  return {
    async list(user) {
      const { Items } = await client.send(new QueryCommand({
        TableName: table,
        KeyConditionExpression: '#user = :user',
        ExpressionAttributeNames: { '#user': 'user' },
        ExpressionAttributeValues: { ':user': { S: user } },
        ScanIndexForward: false,
        Limit: LIMIT,
      }));
      return Items.map(({ text }) => text.S);
    },
    async add(user, text) {
      const id = `${new Date().toISOString()}-${randomUUID()}`;
      const Item = { user: { S: user }, id: { S: id }, text: { S: text } };
      await client.send(new PutItemCommand({ TableName: table, Item }));
    },
  };
}
