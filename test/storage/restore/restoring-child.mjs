/**
 * A process that restores the directory in its first argument from the files in the second one until it is killed, or
 * says how many events there are.
 *
 * @module
 */

import * as built from '../../../dist/storage/index.node.js'

const [, , directory = '', cold = ''] = process.argv
process.stdout.write('begun\n')
const store = await built.FileColdStorage.read(cold)
const stream = await built.openExperienceStream({ directory, restoreFrom: store })
process.stdout.write(`${stream.totalWritten}\n`)
await stream.close()
await store.close()
