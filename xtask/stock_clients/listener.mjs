// The listener of a native app while its user is in the browser (RFC 8252 section 7.3).

import { createServer } from 'node:http';

export class Listener {
  static async start() {
    const server = createServer();
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    return new Listener(server);
  }

  constructor(server) {
    this.server = server;
    this.origin = `http://127.0.0.1:${server.address().port}`;
  }

  /** Prints the URL for the user, and waits for the browser to come to this path. Returns the URL that it came with. */
  async open(url, path) {
    const came = new Promise((resolve) => {
      const listen = (request, response) => {
        response.end('You can close this page.');
        if (request.url.split('?')[0] === path) {
          this.server.off('request', listen);
          resolve(new URL(request.url, this.origin));
        }
      };
      this.server.on('request', listen);
    });
    console.log(`Open ${url}`);
    return came;
  }

  close() {
    this.server.close();
    this.server.closeAllConnections();
  }
}
