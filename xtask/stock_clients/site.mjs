// A site whose pages have one script, bundled as apps bundle theirs.

import { createServer } from 'node:http';

import { build } from 'esbuild';

/** A page at every path, as single-page apps have it, at this origin of this machine. */
export async function site(origin, source) {
  const here = new URL('.', import.meta.url).pathname;
  const stdin = { contents: source, resolveDir: here };
  const bundled = await build({ stdin, bundle: true, format: 'esm', write: false, logLevel: 'warning' });
  const script = bundled.outputFiles[0].text;
  const server = createServer((request, response) => {
    const isScript = request.url === '/app.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : '<!doctype html><title>An app</title><script type="module" src="/app.js"></script>');
  });
  await new Promise((resolve) => { server.listen(Number(new URL(origin).port), '127.0.0.1', resolve); });
  return server;
}

/** Ends it, and what browsers hold open. */
export async function close(server) {
  const closed = new Promise((resolve) => { server.close(resolve); });
  server.closeAllConnections();
  await closed;
}
