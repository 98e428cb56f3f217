/** Fails when the built client's JavaScript is 250 KB gzipped or more; prints what it is. */
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const LIMIT = 250_000;
const assets = new URL('../dist/assets/', import.meta.url);

let total = 0;
for (const name of readdirSync(assets).filter((each) => each.endsWith('.js'))) {
  const size = gzipSync(readFileSync(new URL(name, assets)), { level: 9 }).length;
  console.log(`${String(size).padStart(8)} bytes gzipped  ${name}`);
  total += size;
}
console.log(`${String(total).padStart(8)} bytes gzipped JavaScript in all; the limit is ${LIMIT}`);
if (total === 0 || total >= LIMIT) process.exit(1);
