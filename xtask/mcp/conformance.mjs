// The runner's scenarios for authorization servers, against a server that is running: it prints a URL, and waits for a browser.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { signIn } from './browser.mjs';
import { environment } from './environment.mjs';

const RUNNER = fileURLToPath(new URL('node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url));
const SCENARIOS = /^ {2}- (?<name>[\w-]+) \[(?<revisions>[\d,-]+)\]$/;

/** All lines that the runner prints. A URL among them is opened. */
async function run(...options) {
  const runner = spawn(process.execPath, [RUNNER, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => runner.on('close', resolve));
  const lines = [];
  for await (const line of createInterface({ input: runner.stdout })) {
    lines.push(line);
    if (line.startsWith(`${environment('LATCHGATE_URL')}/authorize?`)) {
      await signIn(line);
    }
  }
  assert.equal(await ended, 0, lines.join('\n'));
  return lines;
}

const scenarios = (await run('list', '--authorization')).map((line) => SCENARIOS.exec(line)?.groups).filter(Boolean);
const revisions = new Set(scenarios.flatMap(({ revisions }) => revisions.split(',')));
assert.ok(scenarios.length > 1 && revisions.size > 3, 'the runner lists what it has');
for (const revision of revisions) {
  const expected = scenarios.filter((scenario) => scenario.revisions.split(',').includes(revision));
  const lines = await run('authorization', '--spec-version', revision, ...process.argv.slice(2));
  // A scenario that the runner skips has neither failed nor passed.
  for (const { name } of expected) {
    assert.ok(lines.some((line) => new RegExp(`^✓ ${name}: [1-9]\\d* passed, 0 failed$`).test(line)), lines.join('\n'));
  }
  console.log(`MCP ${revision}: ${expected.map(({ name }) => name).join(', ')}`);
}
