/**
 * A process that takes the directory in its first argument, says so, and keeps it until it is killed or told to let go.
 *
 * @module
 */

import { lockDirectory } from '../../../dist/storage/disk/lock.node.js'

try {
  const lock = lockDirectory(process.argv[2])
  process.stdout.write(`${lock.previous}\n`)
  process.stdin.on('data', () => {
    lock.release()
    process.exit(0)
  })
} catch (error) {
  process.stdout.write(`${/** @type {{ code: string }} */ (error).code}\n`)
}
