import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { precache } from './vite-precache.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

// Where jate serve listens while somebody works on the handheld with npm run dev.
const server = process.env['JATE_SERVER'] ?? 'http://127.0.0.1:8437';

export default defineConfig({
  base: '/handheld/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [precache(`${here}public`)],
  worker: { format: 'es' },
  build: {
    outDir: '../dist/handheld',
    emptyOutDir: true, // it lies outside this folder, where Vite would ask
    // Android 5 and newer still get Chrome 95 or later; 87 leaves room for phones that were never updated.
    target: ['chrome87', 'es2020'],
    assetsInlineLimit: 0, // the page's policy allows no data: scripts or styles
    modulePreload: { polyfill: false }, // every Chrome since 66 has it
    rolldownOptions: {
      input: { index: `${here}index.html`, sw: `${here}src/sw.ts` },
      // Nothing but the service worker has a name that stays.
      output: { entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') },
    },
    reportCompressedSize: false, // test/size.test.ts measures
  },
  server: { proxy: { '/api': server } },
});
