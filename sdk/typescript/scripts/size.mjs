/** Bundles the package as an application would, and fails at 30 KB gzipped or more. */
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const LIMIT = 30_000;
const src = new URL('../src/', import.meta.url).pathname;
const external = ['react', 'react/jsx-runtime', 'aws4fetch'];

for (const names of [['index'], ['index', 'react', 'iam']]) {
  const lib = { entry: names.map((name) => `${src}${name}.ts`), formats: ['es'] };
  const options = { write: false, minify: true, lib, rollupOptions: { external } };
  const result = await build({ configFile: false, logLevel: 'silent', build: options });
  const code = [result].flat().flatMap(({ output }) => output.map((each) => each.code ?? ''));
  const size = gzipSync(code.join(''), { level: 9 }).length;
  const what = names.join(', ');
  console.log(`@globalws/client (${what}): ${size} bytes, minified and gzipped; the limit is ${LIMIT}`);
  if (size >= LIMIT) process.exit(1);
}
