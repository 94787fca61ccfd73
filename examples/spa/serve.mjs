// Serves the app and, on a port of its own, the API behind the authorizer. Nothing to install: Node 20 or later.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

const { PORT = '3000', API_PORT = '9001', LATCHGATE_URL = 'http://127.0.0.1:8787' } = process.env;
const LIBRARY = process.env.LATCHGATE_LIBRARY ?? fileURLToPath(new URL('../../clients/typescript/dist', import.meta.url));
const FILES = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/callback': ['index.html', 'text/html; charset=utf-8'],
  '/app.js': ['app.js', 'text/javascript'],
  '/app.css': ['app.css', 'text/css'],
};
/** Scripts of this origin alone: what an attacker gets into the page doesn't run. */
const POLICY = `default-src 'self'; connect-src 'self' ${LATCHGATE_URL}; img-src data:; base-uri 'none'; frame-ancestors 'none'`;

const app = createServer(async ({ url }, response) => {
  const [path] = url.split('?');
  const library = /^\/latchgate\/([\w-]+\.js)$/.exec(path)?.[1];
  const [file, type] = library ? [`${LIBRARY}/${library}`, 'text/javascript'] : (FILES[path] ?? []);
  try {
    const body = path === '/config.json' ? JSON.stringify({ issuer: LATCHGATE_URL }) : await readFile(library ? file : new URL(file, import.meta.url));
    response.writeHead(200, { 'Content-Type': type ?? 'application/json', 'Content-Security-Policy': POLICY }).end(body);
  } catch {
    response.writeHead(404).end(library ? 'Build clients/typescript first.' : 'There is nothing here.');
  }
});

// Only the authorizer's calls arrive here, with who is calling in headers that no caller can set.
const api = createServer((request, response) => {
  const orders = [{ order: 7, item: 'A gate', by: request.headers['x-latchgate-sub'] }];
  response.writeHead(200, { 'Content-Type': 'application/json', 'Access-Control-Allow-Origin': request.headers.origin ?? '*' });
  response.end(JSON.stringify(orders));
});

app.listen(Number(PORT), '127.0.0.1', () => console.log(`The app is on http://localhost:${PORT}/`));
api.listen(Number(API_PORT), '127.0.0.1');
