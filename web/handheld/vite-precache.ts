// Tells the service worker what the build holds: replaces its word __PRECACHE__ with the list of the build's files and
// their hashes. It fails the build when the worker imports anything, which no service worker before Chrome 91 may.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import type { Precache } from './src/precache';

const worker = 'sw.js';

/** Files that are fetched after the shell, so that the first load is short: what reads QR codes, and large icons. */
const later = /^assets\/(reader|zxing_reader|selftest)-|^icon-.*512/;

/** Files that are fetched when they are first used: recorded prompts, of which a trader needs one language. */
const onUse = /\.(ogg|mp3|m4a|opus)$/;

/** Returns the list of files, given as content by name. */
export function listOf(files: Map<string, string | Uint8Array>): Precache {
  const list: Precache = { version: '', shell: [], later: [], onUse: [] };
  const all = createHash('sha256');
  for (const [name, content] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const hash = createHash('sha256').update(content).digest('base64');
    all.update(`${name} ${hash}\n`);
    const kind = later.test(name) ? 'later' : onUse.test(name) ? 'onUse' : 'shell';
    list[kind].push([name, hash]);
  }
  list.version = all.digest('base64url').slice(0, 16);
  return list;
}

/** The plugin; folder is where files are that are copied as they are. */
export function precache(folder: string): Plugin {
  return {
    name: 'precache',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const files = new Map<string, string | Uint8Array>();
        for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
          if (entry.isFile()) {
            const path = join(entry.parentPath, entry.name);
            files.set(path.slice(folder.length + 1), readFileSync(path));
          }
        }
        for (const out of Object.values(bundle)) {
          if (out.fileName !== worker) {
            files.set(out.fileName, out.type === 'chunk' ? out.code : out.source);
          }
        }
        const chunk = bundle[worker];
        if (chunk?.type !== 'chunk' || chunk.imports.length > 0 || chunk.dynamicImports.length > 0) {
          throw new Error('the service worker is not one file of its own');
        }
        const list = JSON.stringify(listOf(files));
        const [before, after, more] = chunk.code.split(/(?:"__PRECACHE__"|'__PRECACHE__'|`__PRECACHE__`)/);
        if (before === undefined || after === undefined || more !== undefined) {
          throw new Error('the service worker does not name __PRECACHE__ once');
        }
        chunk.code = before + JSON.stringify(list) + after;
      },
    },
  };
}
