/**
 * `OpfsDisk` at the hands of a test.
 *
 * @module
 */

import type { Disk } from '../../../src/storage/disk/disk.js'
import { OpfsDisk, type OpfsDiskOptions } from '../../../src/storage/opfs/opfs-disk.js'
import { takeWebLock, type WebLock } from '../../../src/storage/opfs/web-lock.js'
import { DISK_CONTRACT } from '../../storage/support/disk-contract.js'
import { answer, tell } from './answer.js'

let disk: OpfsDisk
let lock: WebLock

async function folderOf(name: string): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(name, { create: true })
}

async function rawOf(folder: string, file: string): Promise<Blob> {
  return (await (await folderOf(folder)).getFileHandle(file)).getFile()
}

answer({
  /** What is wrong with each promise of the contract, in order; `''` if nothing is. */
  async contract(): Promise<string[]> {
    const faults: string[] = []
    for (const [i, { check }] of DISK_CONTRACT.entries()) {
      const name = `contract-${i}`
      let open = await OpfsDisk.open(await folderOf(name), name)
      const reopen = async (before: Disk): Promise<Disk> => {
        if (before !== open) throw new Error('another disk than the one that is open')
        open.close()
        open = await OpfsDisk.open(await folderOf(name), name)
        return open
      }
      faults.push(
        await Promise.resolve()
          .then(() => check(open, reopen))
          .then(() => '', String),
      )
      open.close()
    }
    return faults
  },

  async open(name: string, options: OpfsDiskOptions): Promise<string[]> {
    disk = await OpfsDisk.open(await folderOf(name), name, options)
    return disk.list()
  },
  close: () => disk.close(),
  filled: () => disk.filled(),

  /** Makes files in one turn, each of so many bytes of its place in the list. */
  create(names: string[], length: number): void {
    for (const [i, name] of names.entries()) {
      const file = disk.open(name, 'create')
      file.write([new Uint8Array(length).fill(i)], 0)
      file.close()
    }
  },
  remove(names: string[]): void {
    for (const name of names) disk.remove(name)
  },
  list: () => disk.list().sort(),
  bytes(name: string): number[] {
    const file = disk.open(name, 'read')
    const bytes = new Uint8Array(file.size())
    file.read(bytes, 0)
    file.close()
    return [...bytes]
  },

  /** Writes pieces of these lengths; gives how many bytes were written and the size then. */
  write(name: string, lengths: number[], at: number): number[] {
    const file = disk.open(name, 'write')
    try {
      const written = file.write(
        lengths.map((length) => new Uint8Array(length).fill(1)),
        at,
      )
      return [written, file.size()]
    } finally {
      file.close()
    }
  },
  reserve(name: string, size: number): void {
    const file = disk.open(name, 'write')
    try {
      file.reserve(size)
    } finally {
      file.close()
    }
  },
  size(name: string): number {
    const file = disk.open(name, 'read')
    const size = file.size()
    file.close()
    return size
  },

  /** Makes file after file, each with its number, removes all but the newest five, and tells what is done. */
  async churn(): Promise<never> {
    for (let i = 0; ; i++) {
      const file = disk.open(String(i), 'create')
      file.write([Uint8Array.of(i % 256)], 0)
      file.close()
      if (i >= 5) disk.remove(String(i - 5))
      tell(i)
      await disk.filled()
    }
  },

  /** The files that the browser has in a folder. */
  async files(folder: string): Promise<string[]> {
    const names: string[] = []
    for await (const name of (await folderOf(folder)).keys()) names.push(name)
    return names.sort()
  },
  async loseFile(folder: string, file: string): Promise<void> {
    await (await folderOf(folder)).removeEntry(file)
  },
  /** Replaces bytes of a file as the browser has it, or cuts it there. */
  async damage(folder: string, file: string, at: number, bytes: number[] | 'cut'): Promise<void> {
    const handle = await (await folderOf(folder)).getFileHandle(file)
    const out = await handle.createWritable({ keepExistingData: true })
    if (bytes === 'cut') await out.truncate(at)
    else await out.write({ type: 'write', position: at, data: Uint8Array.from(bytes) })
    await out.close()
  },
  async raw(folder: string, file: string, start: number, end: number): Promise<number[]> {
    return [...new Uint8Array(await (await rawOf(folder, file)).slice(start, end).arrayBuffer())]
  },

  async lock(directory: string, timeoutMs: number): Promise<void> {
    lock = await takeWebLock(directory, timeoutMs)
  },
  unlock: () => lock.release(),
})
