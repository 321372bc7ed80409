// Runs a script in TypeScript, as the build reads it: node scripts/run.mjs scripts/NAME.ts
import { runnerImport } from 'vite';

await runnerImport(process.argv[2], { configFile: false, logLevel: 'error' });
