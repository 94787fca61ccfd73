// README.md of this folder: each test that it names exists.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const read = (name) => readFileSync(new URL(name, import.meta.url), 'utf8');

test('each test that the list of cases names exists', () => {
  const named = [...read('README.md').matchAll(/`([\w-]+\.test\.mjs): ([^`]+)`/g)];
  assert.ok(named.length > 40);
  for (const [, file, title] of named) {
    const [whole, start] = [title, title.replace(/ …$/, ' ')];
    const source = read(file);
    const exists = start === whole ? source.includes(`test('${whole}'`) : source.includes(`test(\`${start}\${`);
    assert.ok(exists, `${file}: ${title}`);
  }
});
