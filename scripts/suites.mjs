/**
 * Which test folders run in the browser too, and which once more with streams that threads share. Those of the browser
 * import nothing of Node; `test/browser` runs only there.
 *
 * @module
 */

/** Folders below `test`. */
export const BROWSER_FOLDERS = ['core', 'model', 'property', 'golden', 'browser']

/** Those that hold for shared streams as well, in Node. */
export const SHARED_FOLDERS = ['core', 'golden', 'property']

/** Those that hold for streams with a journal as well, in Node. */
export const DURABLE_FOLDERS = ['core', 'golden', 'property']

/** The same in the browser. */
export const BROWSER_SHARED_FOLDERS = ['core', 'golden']

/**
 * Folders as globs of their suites, relative to the root.
 *
 * @param {readonly string[]} folders
 */
export function suitesOf(folders) {
  return folders.map((folder) => `test/${folder}/**/*.test.ts`)
}
