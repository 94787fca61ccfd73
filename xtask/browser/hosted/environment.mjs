// The variables that the task passes to its scripts, and the command line of the server under test.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

/** The value of a required variable. */
export function environment(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set`);
  return value;
}

export const url = environment('LATCHGATE_URL');

/** Runs `latchgate` against the server. */
export function latchgate(words, input) {
  const [program, ...before] = environment('LATCHGATE_CLI').split(' ');
  const local = `--local=${new URL(url).port}`;
  return execFileSync(program, [...before, local, '--yes', ...words], { input, encoding: 'utf8' });
}

/** Registers a user with this password; `mustChange`: the user has to change it at the first sign-in. */
export function createUser(name, password, { mustChange = false } = {}) {
  latchgate(['users', 'create', name, '--password-stdin', ...(mustChange ? ['--must-change'] : [])], `${password}\n`);
  return { name, password };
}

/** Registers a public client whose app is on this machine. */
export function createClient(id, name, scope, options = []) {
  const back = ['--redirect-uri', 'http://127.0.0.1/callback', '--post-logout-redirect-uri', 'http://127.0.0.1/bye'];
  latchgate(['clients', 'create', id, '--public', '--name', name, '--scope', scope, ...back, ...options]);
}
