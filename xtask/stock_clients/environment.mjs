// What the task tells the scripts.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

export function environment(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set`);
  return value;
}

/** A library, and its version. */
export function named(library) {
  const manifest = new URL(`node_modules/${library}/package.json`, import.meta.url);
  return `${library} ${JSON.parse(readFileSync(manifest, 'utf8')).version}`;
}

/** Whether an error or its cause has this text. */
export function saying(pattern) {
  return (error) => pattern.test(`${error.message} ${error.cause?.message}`);
}
