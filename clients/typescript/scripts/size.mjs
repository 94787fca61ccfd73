// The size of the core, as a page loads it: bundled, minified and compressed.

import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';

/** Bytes that the root export may have. */
const BOUND = 6 * 1024;

async function size(name) {
  const entry = new URL(`../dist/${name}.js`, import.meta.url).pathname;
  const options = { bundle: true, minify: true, format: 'esm', target: 'es2022', write: false, logLevel: 'silent' };
  const { outputFiles } = await build({ entryPoints: [entry], ...options });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

const [core, browser] = [await size('index'), await size('browser')];
console.log(`core: ${core} bytes of ${BOUND}; with all that a browser needs: ${browser}`);
if (core > BOUND) {
  console.error('The core is too large.');
  process.exitCode = 1;
}
