/** Bundles the package as an application would, without React, and fails at 30 KB gzipped or more. */
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const LIMIT = 30_000;
const src = new URL('../src/', import.meta.url).pathname;

const result = await build({
  configFile: false,
  logLevel: 'silent',
  build: { write: false, minify: true, lib: { entry: `${src}index.ts`, formats: ['es'] } },
});
const [{ output }] = [result].flat();
const size = gzipSync(output.map(({ code = '' }) => code).join(''), { level: 9 }).length;
console.log(`@globalws/client: ${size} bytes, minified and gzipped, without React; the limit is ${LIMIT}`);
if (size >= LIMIT) process.exit(1);
