import '@testing-library/jest-dom/vitest';
import { cleanup } from '@testing-library/react';
import { afterEach, vi } from 'vitest';

// What Mantine asks of a browser and jsdom does not have.
const noColourScheme = {
  matches: false,
  media: '',
  addEventListener: vi.fn(),
  removeEventListener: vi.fn(),
};
vi.stubGlobal(
  'ResizeObserver',
  class {
    observe = vi.fn();
    disconnect = vi.fn();
  },
);
vi.stubGlobal('matchMedia', () => noColourScheme);

afterEach(() => {
  cleanup();
  vi.useRealTimers(); // also when the test failed before it did so: the next file has the same worker
});
