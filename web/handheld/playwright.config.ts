import { defineConfig } from '@playwright/test';

// The tests in e2e drive Chromium against the real server. Two files at a time: much of a test is waiting, for the film
// before the camera or for a line to come back.
export default defineConfig({
  testDir: 'e2e',
  testMatch: '*.spec.ts',
  globalSetup: './e2e/setup.ts',
  workers: 2,
  fullyParallel: false,
  timeout: 120_000,
  use: { actionTimeout: 30_000 },
  expect: { timeout: 20_000 },
  forbidOnly: true,
  retries: 0,
  reporter: [['list']],
  outputDir: 'test-results',
  preserveOutput: 'failures-only',
});
