import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    testTimeout: 30_000,
    // One worker that keeps its modules: most tests wait, or are short.
    pool: 'threads',
    isolate: false,
    maxWorkers: 1,
  },
});
