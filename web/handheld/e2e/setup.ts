import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { built, Office, program } from './office';

/** Makes the office once, and removes it after the last test. */
export default async function setup(): Promise<() => void> {
  if (!built()) {
    throw new Error(`${program} is not there: run make webtest`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'jate-e2e-'));
  await Office.make(folder);
  process.env['JATE_E2E_OFFICE'] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
