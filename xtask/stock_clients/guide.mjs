// The lines of docs/guide/sign-in.md, as modules, so that the tests run exactly what the guide says.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';

import { environment } from './environment.mjs';

/** As the guide has it. */
const ISSUER = 'https://auth.example.com';

const guide = readFileSync(environment('LATCHGATE_GUIDE'), 'utf8');

/** The one block of JavaScript below this heading, for the server that is there, with each of these texts replaced. */
export function lines(heading, replacements) {
  const [, section] = guide.split(`\n## ${heading}\n`);
  const blocks = section?.split('\n## ')[0].split('\n```js\n').slice(1) ?? [];
  assert.equal(blocks.length, 1, `${heading}: one block of JavaScript`);
  let [text] = blocks[0].split('\n```');
  for (const [from, to] of Object.entries({ [ISSUER]: environment('LATCHGATE_URL'), ...replacements })) {
    assert.ok(text.includes(from), `${heading} has ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

/** The same, as a module next to this one that exports these names. */
export async function module(heading, replacements, names = '') {
  const file = new URL(`./guide-${heading.toLowerCase().replaceAll(' ', '-')}.mjs`, import.meta.url);
  writeFileSync(file, `${lines(heading, replacements)}\n${names && `export { ${names} };\n`}`);
  return import(file);
}
