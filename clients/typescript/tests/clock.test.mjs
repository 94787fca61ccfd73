// Devices whose clock is wrong, or is set while the client runs, or that sleep. The wall clock is this process's own, moved;
// the monotonic one isn't.

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { Client, memoryStorage } from 'latchgate';
import { dpop } from 'latchgate/dpop';

import { demo, latchgate, optionsOf, sleep } from './harness/server.mjs';

const HOUR = 3_600_000;
const now = Date.now;

const setClock = (off) => { Date.now = () => now() + off; };
afterEach(() => setClock(0));

for (const [name, off] of [['ahead', HOUR], ['behind', -HOUR], ['a day ahead', 24 * HOUR]]) {
  for (const prover of [undefined, dpop()]) {
    const manner = prover ? 'with DPoP' : 'with bearer tokens';

    test(`a clock that is ${name} all the time costs nothing ${manner}`, async (t) => {
      setClock(off);
      const server = await latchgate(t);
      const options = optionsOf(server, { storage: memoryStorage(), prover });
      const client = new Client(options);
      await client.login(demo(server));
      const url = `${server.network.url}/sessions`;
      assert.equal((await client.fetch(url)).status, 200);
      assert.equal((await new Client(options).fetch(url)).status, 200, 'after a reload');
      assert.equal(server.network.count('/refresh'), 0);
      assert.equal(server.network.count('/sessions', 'GET'), 2);
    });

    test(`a clock that is set ${name} while the client runs costs one refresh ${manner}`, async (t) => {
      const server = await latchgate(t, { AccessTtl: 2 });
      const client = new Client(optionsOf(server, { prover }));
      await client.login(demo(server));
      const url = `${server.network.url}/sessions`;
      setClock(off);
      assert.equal((await client.fetch(url)).status, 200);
      assert.ok(server.network.count('/refresh') <= 1);
      const before = server.network.count('/refresh');
      assert.equal((await client.fetch(url)).status, 200);
      assert.equal(server.network.count('/refresh'), before);
      // The token ages by the monotonic clock.
      await sleep(2100);
      assert.equal((await client.fetch(url)).status, 200);
      assert.equal(server.network.count('/refresh'), before + 1);
      assert.equal(server.network.seen.filter((line) => line.endsWith('/sessions')).length, 3, 'no call was refused');
    });
  }
}

test('a token is old after a sleep in which the monotonic clock stood still', async (t) => {
  const server = await latchgate(t);
  const client = new Client(optionsOf(server));
  await client.login(demo(server));
  setClock(24 * HOUR);
  await client.check();
  assert.equal(server.network.count('/refresh'), 1, 'when the page is seen again');
  await client.check();
  assert.equal(server.network.count('/refresh'), 1, 'once');
});

test('a token that another page stored in the future is old', async (t) => {
  const server = await latchgate(t, { AccessTtl: 1 });
  const options = optionsOf(server, { storage: memoryStorage() });
  setClock(HOUR);
  await new Client(options).login(demo(server));
  setClock(0);
  assert.equal((await new Client(options).fetch(`${server.network.url}/sessions`)).status, 200);
  assert.equal(server.network.count('/refresh'), 1);
});
