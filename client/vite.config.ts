import { readFileSync } from 'node:fs';
import react from '@vitejs/plugin-react';
import { defaultClientConditions } from 'vite';
import { defineConfig } from 'vitest/config';

/** Where the running stack serves /config.json and /_local; `npm run dev` passes both on. */
function stackUrl(): string {
  const asked = process.env.GLOBALWS_CLIENT_URL;
  if (asked) return asked;
  try {
    const file = new URL('../.local/stack.json', import.meta.url);
    const stack = JSON.parse(readFileSync(file, 'utf8')) as { clientUrl?: string | null };
    if (stack.clientUrl) return stack.clientUrl;
  } catch {
    // Nothing runs: the page says so itself when it finds no configuration.
  }
  return 'http://127.0.0.1:4100';
}

const toStack = { target: stackUrl(), changeOrigin: true, headers: { origin: stackUrl() } };

export default defineConfig({
  plugins: [react()],
  // The SDK of this checkout as its sources, so that it need not be built first.
  resolve: { conditions: ['globalws-source', ...defaultClientConditions] },
  server: {
    host: '127.0.0.1',
    port: 5173,
    proxy: { '/config.json': toStack, '/_local': toStack },
  },
  // Inlined assets would be data: URLs, which the Content-Security-Policy keeps out.
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  test: {
    // One worker that keeps its modules and its jsdom: to load them for each file was most of the time.
    pool: 'threads',
    isolate: false,
    maxWorkers: 1,
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/testing/setup.ts'],
    restoreMocks: true,
    testTimeout: 30_000, // a busy machine is no failure
  },
});
