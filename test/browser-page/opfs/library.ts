/**
 * What the page of a test imports.
 *
 * @module
 */

export * from '../../../src/index.js'
export * from '../../../src/storage/opfs/index.js'
