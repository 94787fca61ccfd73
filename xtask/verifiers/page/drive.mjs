// Reads tokens, a line each, and says of each what the page's lines say.

import { createInterface } from 'node:readline';

import { verify } from './page.mjs';

for await (const token of createInterface({ input: process.stdin })) {
  const said = await verify(token).then(({ sid }) => `ok ${sid}`, (error) => `no ${error.message}`);
  console.log(said.replaceAll('\n', ' '));
}
