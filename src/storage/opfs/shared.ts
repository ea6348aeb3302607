/**
 * What a shared stream needs beside others, loaded when it is asked for.
 *
 * @module
 */

export { openShared } from '../shared/open-shared.js'
export { LocalJournal } from './local-journal.js'
