import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { NodeDisk } from '../../../src/storage/disk/node-disk.node.js'
import { nodeCrc32 } from '../../../src/storage/journal/crc32.node.js'
import type { JournalFolder } from '../../../src/storage/journal/journal-end.js'

const made: string[] = []

afterEach(() => {
  for (const folder of made.splice(0)) fs.rmSync(folder, { recursive: true, force: true })
})

/** A new folder that is removed after the test. */
export function temporaryFolder(): string {
  const folder = fs.mkdtempSync(join(tmpdir(), 'experience-stream-'))
  made.push(folder)
  return folder
}

/** The folder of a journal on the real disk. */
export function journalFolder(directory = temporaryFolder()): JournalFolder {
  return { disk: new NodeDisk(directory), crc32: nodeCrc32 }
}
