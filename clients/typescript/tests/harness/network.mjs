// A network between client and server that can lose, delay and replace requests and answers. It counts what passes.

import { createServer, request as send } from 'node:http';

export class FaultyNetwork {
  #server = createServer((request, response) => { this.#pass(request, response).catch(() => response.destroy()); });
  #target;
  /** What happens to requests: each by path, the first that fits once more than that. */
  #faults = [];
  /** `METHOD /path` of each request that came, in order. */
  seen = [];
  /** The headers of each, in the same order. */
  headers = [];

  static async listening() {
    const network = new FaultyNetwork();
    await new Promise((resolve) => { network.#server.listen(0, '127.0.0.1', resolve); });
    return network;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  leadTo(url) {
    this.#target = url;
  }

  /**
   * Breaks the next `times` requests to a path. A fault has one of
   * - `lose: 'request'` or `lose: 'answer'`,
   * - `hold`: a promise for which the answer waits, or with `holdRequest` the request,
   * - `status`, with `headers` and `body`: an answer instead of the server's.
   */
  breakAt(path, fault, times = 1) {
    this.#faults.push({ path, times, ...fault });
  }

  /** Keeps the next answer of a path back, until what this returns is called. */
  hold(path) {
    let release;
    this.breakAt(path, { hold: new Promise((resolve) => { release = resolve; }) });
    return release;
  }

  /** Waits until so many requests have come. */
  async arrived(path, count, method = 'POST') {
    for (let tries = 0; this.count(path, method) < count; tries += 1) {
      if (tries > 1000) {
        throw new Error(`${this.count(path, method)} requests to ${path}, and not ${count}`);
      }
      await new Promise((resolve) => { setTimeout(resolve, 10); });
    }
  }

  /** How often a request came, preflights aside. */
  count(path, method = 'POST') {
    return this.seen.filter((line) => line === `${method} ${path}`).length;
  }

  /** The values of a header in the requests to a path. */
  values(path, header) {
    return this.headers.filter((_, index) => this.seen[index] === `POST ${path}`).map((headers) => headers[header]);
  }

  async close() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => { this.#server.close(resolve); });
  }

  async #pass(request, response) {
    const path = request.url.split('?')[0];
    const body = await read(request);
    const isPreflight = request.method === 'OPTIONS';
    if (!isPreflight) {
      this.seen.push(`${request.method} ${path}`);
      this.headers.push(request.headers);
    }
    const fault = isPreflight ? undefined : this.#faults.find((one) => one.path === path && one.times-- > 0);
    if (fault?.lose === 'request') {
      response.destroy();
    } else if (fault?.status) {
      await fault.hold;
      const cors = { 'access-control-allow-origin': request.headers.origin ?? '*', 'access-control-expose-headers': 'Retry-After' };
      response.writeHead(fault.status, { ...cors, ...fault.headers }).end(fault.body ?? '');
    } else {
      await fault?.holdRequest;
      const answer = await this.#forwarded(request, body);
      const text = await read(answer);
      await fault?.hold;
      if (fault?.lose === 'answer') {
        response.destroy();
      } else {
        response.writeHead(answer.statusCode, answer.headers).end(text);
      }
    }
  }

  #forwarded({ method, url, headers }, body) {
    return new Promise((resolve, reject) => {
      const { hostname, port } = new URL(this.#target);
      const forwarded = send({ hostname, port, method, path: url, headers, agent: false }, resolve);
      forwarded.on('error', reject).end(body);
    });
  }
}

async function read(stream) {
  const parts = [];
  for await (const part of stream) {
    parts.push(part);
  }
  return Buffer.concat(parts);
}
