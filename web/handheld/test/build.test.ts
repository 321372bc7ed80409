import { expect, test } from 'vitest';
import config from '../vite.config';

test('the build writes where the Go package embeds', () => {
  expect(config).toMatchObject({ base: '/handheld/', build: { outDir: '../dist/handheld', emptyOutDir: true } });
});
