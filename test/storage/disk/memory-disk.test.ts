import { expect, test } from 'vitest'
import { DISK_CONTRACT } from '../support/disk-contract.js'
import { FaultyDisk } from '../support/faulty-disk.js'
import { MemoryDisk } from '../support/memory-disk.js'

test.each(DISK_CONTRACT)('the disk of the tests $sentence', async ({ check }) => {
  expect(await check(new FaultyDisk(new MemoryDisk()), async (disk) => disk)).toBeUndefined()
})
