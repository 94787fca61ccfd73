// The package as npm makes it, installed into an empty folder: it has what it exports, and needs nothing else.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('../', import.meta.url));
const { name, version, exports } = JSON.parse(readFileSync(`${HERE}package.json`, 'utf8'));

const folder = mkdtempSync(join(tmpdir(), 'latchgate-'));
try {
  const packed = `${name}-${version}.tgz`;
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], { cwd: HERE, stdio: 'pipe' });
  const installed = join(folder, 'node_modules', name);
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['--extract', '--file', join(folder, packed), '--directory', installed, '--strip-components', '1']);
  for (const needed of ['README.md', 'LICENSE-APACHE', 'LICENSE-MIT', ...Object.values(exports).map(({ types }) => types)]) {
    readFileSync(join(installed, needed));
  }
  const names = Object.keys(exports).map((path) => name + path.slice(1));
  const script = `for (const name of ${JSON.stringify(names)}) { if (Object.keys(await import(name)).length === 0) throw new Error(name); }`;
  execFileSync('node', ['--input-type=module', '--eval', script], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  console.log(`${packed}: ${names.length} imports`);
} finally {
  rmSync(folder, { recursive: true });
}
