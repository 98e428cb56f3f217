/** Compiles src/ twice, as ES modules and as CommonJS, each with its declarations. */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const folder = new URL('../', import.meta.url);
const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');

rmSync(new URL('dist', folder), { recursive: true, force: true });
for (const project of ['tsconfig.build.json', 'tsconfig.cjs.json']) {
  const options = { cwd: folder, stdio: 'inherit' };
  const { status } = spawnSync(process.execPath, [compiler, '-p', project], options);
  if (status !== 0) process.exit(status ?? 1);
}
// Node takes dist/cjs for CommonJS by this file, although the package itself is of ES modules.
writeFileSync(new URL('dist/cjs/package.json', folder), '{"type":"commonjs"}\n');
