/**
 * Where the programs of the threads are.
 *
 * @module
 */

/** Files that worker threads run. */
export interface Scripts {
  environment: URL
  appraiser: URL
}

/** Those of the build. */
export const SCRIPTS: Scripts = {
  environment: new URL('./environment.js', import.meta.url),
  appraiser: new URL('./appraiser.js', import.meta.url),
}
