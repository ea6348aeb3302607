/**
 * Which test folders run in the browser too. They import nothing of Node; `test/browser` runs only there.
 *
 * @module
 */

/** Folders below `test`. */
export const BROWSER_FOLDERS = ['core', 'model', 'property', 'golden', 'browser']

/** The same as globs, relative to the root. */
export const BROWSER_SUITES = BROWSER_FOLDERS.map((folder) => `test/${folder}/**/*.test.ts`)
