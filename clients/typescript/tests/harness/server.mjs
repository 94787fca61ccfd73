// A local server of Latchgate, with a faulty network in front of it, and its command line.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

import { FaultyNetwork } from './network.mjs';

/** `latchgate-local` and `latchgate`, as the task that runs these tests has built them. */
const [SERVER, COMMAND] = [environment('LATCHGATE_LOCAL'), environment('LATCHGATE_COMMAND')];

/**
 * Starts one with these parameters of template.yaml, and ends it with the test.
 * `url` is the server's own, and `network` leads to it and can be broken. `restart` is for one with `--db`.
 */
export async function latchgate(t, parameters = {}, options = []) {
  const network = await FaultyNetwork.listening();
  const all = { DpopOrigins: network.url, AccessTtl: 1800, Leeway: 0, ...parameters };
  const named = Object.entries(all).flatMap(([name, value]) => ['--parameter', `${name}=${value}`]);
  let [process, said] = await started('0', [...named, ...options]);
  const { port } = new URL(said.url);
  network.leadTo(said.url);
  t.after(async () => {
    process.kill();
    await network.close();
  });
  const manner = [`--local=${port}`, '--yes', '--audit-log', '/dev/null'];
  return {
    ...said,
    network,
    admin: (words, input) => execFileSync(COMMAND, [...manner, ...words], { input, stdio: 'pipe' }).toString(),
    restart: async () => {
      process.kill();
      await once(process, 'exit');
      [process, said] = await started(port, [...named, ...options]);
    },
  };
}

async function started(port, options) {
  const process = spawn(SERVER, ['--port', port, '--json', ...options], { stdio: ['ignore', 'pipe', 'ignore'] });
  return [process, JSON.parse(await firstLine(process))];
}

async function firstLine(process) {
  for await (const line of createInterface({ input: process.stdout })) {
    return line;
  }
  throw new Error('the local server ended before it listened');
}

/** The options of a client of that server, whose requests go through the network that can be broken. */
export const optionsOf = ({ url, network }, more = {}) => ({
  issuer: url,
  url: network.url,
  clientId: 'demo-app',
  scope: 'openid profile read',
  ...more,
});

/** The demo's user. */
export const demo = ({ password }) => ({ username: 'demo', password });

/** Adds a user with this password. */
export function addUser({ admin }, username, password, ...options) {
  admin(['users', 'create', username, '--password-stdin', ...options], `${password}\n`);
  return { username, password };
}

/** An API behind the authorizer that says who calls. Returns what `--upstream` takes. */
export async function orders(t) {
  const api = createHttpServer(({ headers }, response) => {
    const asked = headers['content-type'] ? `, by ${headers['content-type']} and ${headers.cookie ?? 'no cookie'}` : '';
    response.writeHead(200, { 'access-control-allow-origin': headers.origin ?? '*' }).end(`orders of ${headers['x-latchgate-sub']}${asked}`);
  });
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
  t.after(() => api.close());
  return `/orders=http://127.0.0.1:${api.address().port}`;
}

/** A port that nobody has right now. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((resolve) => { server.close(resolve); });
  return port;
}

export const sleep = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

/** What the task that runs these tests has to say. */
export function environment(name) {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not set: run \`cargo xtask client-library\``);
  }
  return value;
}
