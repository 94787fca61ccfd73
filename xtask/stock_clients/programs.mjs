// Clients that aren't pages. Each is a program that prints `Open URL` for its user, as command lines do, and waits for the browser to
// come back. The pages are used without JavaScript.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { environment } from './environment.mjs';

/** Each with its client. */
const PROGRAMS = [
  ['native', 'node', 'native.mjs'],
  ['native', 'node', 'guide_native.mjs'],
  ['server', 'node', 'guide_server.mjs'],
  ['server', environment('LATCHGATE_PYTHON'), 'guide_flask.py'],
  ['native', `${environment('LATCHGATE_CRATES')}/openidconnect`],
  ['native', `${environment('LATCHGATE_CRATES')}/oauth2`],
];

export async function check({ browser, user, clients }) {
  for (const [client, ...command] of PROGRAMS) {
    const context = await browser.newContext({ javaScriptEnabled: false });
    try {
      await run(command, clients[client], user(await context.newPage()));
    } finally {
      await context.close();
    }
  }
}

/** Runs a program to its end, and opens what it asks for. What else it prints is printed. */
async function run([program, ...parameters], client, user) {
  const child = spawn(program, parameters, {
    cwd: new URL('.', import.meta.url).pathname,
    env: { ...process.env, LATCHGATE_CLIENT_ID: client },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve, reject) => { child.on('error', reject).on('close', resolve); });
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith('Open ')) {
        await user.open(line.slice('Open '.length));
      } else {
        console.log(line);
      }
    }
    assert.equal(await ended, 0, `${program} ${parameters}`);
  } finally {
    child.kill();
  }
}
