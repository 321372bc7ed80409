import { defineConfig } from 'vitest/config';

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    passWithNoTests: false,
    testTimeout: 20_000, // two slow cores are enough for CI
  },
});
