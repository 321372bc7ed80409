// The list of the build's files, as the build writes it into the service worker.

/** A file's path from the application's folder, and the SHA-256 of its content in base64. */
export type Listed = [path: string, hash: string];

/** What a version consists of. */
export interface Precache {
  version: string;
  /** Needed to start; a version is not used before it has all of them. */
  shell: Listed[];
  /** Fetched once the shell is there. */
  later: Listed[];
  /** Fetched when they are used. */
  onUse: Listed[];
}
