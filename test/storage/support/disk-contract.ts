/**
 * What every `Disk` does, as sentences with a check each. Without a test framework, so that the same checks run in Node
 * and in a browser's worker.
 *
 * @module
 */

import type { Disk, DiskFile } from '../../../src/storage/disk/disk.js'
import { StorageError } from '../../../src/storage/errors.js'

/** A sentence and its check, which throws if it does not hold. */
export interface DiskPromise {
  readonly sentence: string
  /** @param disk of an empty folder. @param reopen lets go of it and opens the same folder again */
  check(disk: Disk, reopen: (disk: Disk) => Promise<Disk>): void | Promise<void>
}

/** The contract. */
export const DISK_CONTRACT: readonly DiskPromise[] = [
  {
    sentence: 'lists what was made and not removed',
    check(disk) {
      same(disk.list(), [], 'names of an empty folder')
      for (const name of ['a', 'b', 'c']) disk.open(name, 'create').close()
      disk.remove('b')
      same(disk.list().sort(), ['a', 'c'], 'names')
    },
  },
  {
    sentence: 'keeps names and bytes when it is opened again',
    async check(disk, reopen) {
      const kept = disk.open('kept', 'create')
      kept.write([bytes(1, 2, 3)], 0)
      kept.close()
      disk.open('removed', 'create').close()
      disk.remove('removed')
      disk.open('empty', 'create').close()
      disk.syncNames()
      const again = await reopen(disk)
      same(again.list().sort(), ['empty', 'kept'], 'names')
      same(content(again.open('kept', 'read')), [1, 2, 3], 'bytes')
      same(content(again.open('empty', 'read')), [], 'bytes of the empty file')
    },
  },
  {
    sentence: 'writes pieces one behind the other and says how many bytes they were',
    check(disk) {
      const file = disk.open('a', 'create')
      const whole = bytes(9, 1, 2, 3, 9)
      same(file.write([whole.subarray(1, 3), bytes(), whole.subarray(3, 4)], 0), 3, 'written')
      same(file.write([bytes(4), bytes(5, 6)], 3), 3, 'written')
      same(file.write([bytes(7)], 1), 1, 'written')
      same(file.write([], 2), 0, 'written')
      same(content(file), [1, 7, 3, 4, 5, 6], 'bytes')
    },
  },
  {
    sentence: 'fills with zeros what a write leaves out',
    check(disk) {
      const file = disk.open('a', 'create')
      file.write([bytes(1)], 3)
      same(content(file), [0, 0, 0, 1], 'bytes')
    },
  },
  {
    sentence: 'reads fewer bytes at the end only',
    check(disk) {
      const file = disk.open('a', 'create')
      file.write([bytes(1, 2, 3, 4)], 0)
      const into = bytes(9, 9, 9, 9)
      same(file.read(into.subarray(1, 3), 1), 2, 'read within')
      same([...into], [9, 2, 3, 9], 'only what was asked for')
      same(file.read(into, 3), 1, 'read across the end')
      same([...into], [4, 2, 3, 9], 'the rest is left alone')
      same([file.read(into, 4), file.read(into, 1000)], [0, 0], 'read behind the end')
    },
  },
  {
    sentence: 'reserves zeros and leaves the bytes that are there',
    check(disk) {
      const file = disk.open('a', 'create')
      file.write([bytes(1, 2)], 0)
      file.reserve(100_000)
      same(file.size(), 100_000, 'size')
      const tail = new Uint8Array(100_000 - 2).fill(9)
      same(file.read(tail, 2), tail.length, 'read')
      same(
        tail.every((byte) => byte === 0),
        true,
        'zeros',
      )
      file.write([bytes(3)], 50_000)
      same(file.size(), 100_000, 'size after a write within')
      file.reserve(10)
      same(file.size(), 100_000, 'size after a smaller reservation')
      same([...content(file).slice(0, 3)], [1, 2, 0], 'first bytes')
    },
  },
  {
    sentence: 'reserves the same way without blocking',
    async check(disk) {
      const file = disk.open('a', 'create')
      file.write([bytes(1, 2)], 0)
      await file.reserveLater(5_000_000)
      same(file.size(), 5_000_000, 'size')
      const end = bytes(9)
      file.read(end, 4_999_999)
      same([...content(file).slice(0, 3), ...end], [1, 2, 0, 0], 'bytes')
    },
  },
  {
    sentence: 'truncates, and what is added later does not bring old bytes back',
    check(disk) {
      const file = disk.open('a', 'create')
      file.write([bytes(1, 2, 3, 4)], 0)
      file.truncate(2)
      same([file.size(), ...content(file)], [2, 1, 2], 'size and bytes')
      file.reserve(4)
      same(content(file), [1, 2, 0, 0], 'bytes')
    },
  },
  {
    sentence: 'shows what is written to those who read the same file',
    check(disk) {
      const writer = disk.open('a', 'create')
      const reader = disk.open('a', 'read')
      same([reader.name, reader.size()], ['a', 0], 'name and size')
      writer.write([bytes(1, 2)], 0)
      same(content(reader), [1, 2], 'bytes')
      writer.close()
      same(content(reader), [1, 2], 'bytes once the writer has closed')
      const second = disk.open('a', 'write')
      second.write([bytes(3)], 2)
      same(content(reader), [1, 2, 3], 'bytes of the second writer')
    },
  },
  {
    sentence: 'lets those who have a removed file open go on',
    check(disk) {
      const old = disk.open('a', 'create')
      old.write([bytes(1, 2)], 0)
      disk.remove('a')
      const young = disk.open('a', 'create')
      same(young.size(), 0, 'size of the new file')
      young.write([bytes(7)], 0)
      old.write([bytes(3)], 2)
      same([content(old), content(young)], [[1, 2, 3], [7]], 'bytes of both')
      old.close()
      same(content(young), [7], 'bytes of the new file')
    },
  },
  {
    sentence: 'gives nothing of a removed file to a new one',
    async check(disk) {
      for (let i = 0; i < 12; i++) {
        const file = disk.open('a', 'create')
        same(file.size(), 0, 'size')
        file.write([bytes(1, 2, 3)], 0)
        file.close()
        disk.remove('a')
        await turn()
      }
    },
  },
  {
    sentence: 'syncs in the call and later',
    async check(disk) {
      const file = disk.open('a', 'create')
      file.write([bytes(1)], 0)
      file.sync()
      file.write([bytes(2)], 1)
      await file.syncLater()
      disk.syncNames()
      same(content(file), [1, 2], 'bytes')
    },
  },
  {
    sentence: 'refuses to make what exists and to open or remove what does not',
    check(disk) {
      const file = disk.open('a', 'create')
      file.write([bytes(1)], 0)
      refuses(() => disk.open('a', 'create'), 'a')
      refuses(() => disk.open('b', 'read'), 'b')
      refuses(() => disk.open('b', 'write'), 'b')
      refuses(() => disk.remove('b'), 'b')
      same([disk.list(), content(file)], [['a'], [1]], 'names and bytes')
    },
  },
  {
    sentence: 'refuses to write to a file that is open for reading',
    check(disk) {
      disk.open('a', 'create').write([bytes(1)], 0)
      const file = disk.open('a', 'read')
      refuses(() => file.write([bytes(2)], 0), 'a')
      refuses(() => file.truncate(0), 'a')
      same(content(file), [1], 'bytes')
    },
  },
  {
    sentence: 'refuses everything of a closed file but to close it again',
    async check(disk) {
      const file = disk.open('a', 'create')
      file.close()
      file.close()
      refuses(() => file.read(bytes(0), 0), 'a')
      refuses(() => file.write([bytes(1)], 0), 'a')
      refuses(() => file.size(), 'a')
      refuses(() => file.sync(), 'a')
      const failed = await file.syncLater().then(
        () => undefined,
        (error: unknown) => error,
      )
      same(failed instanceof StorageError, true, 'a StorageError from syncLater')
    },
  },
]

/** Resolves when the event loop has turned. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values)
}

function content(file: DiskFile): number[] {
  const into = new Uint8Array(file.size())
  same(file.read(into, 0), into.length, 'bytes of the whole file')
  return [...into]
}

/** Values that JSON can tell apart. */
function same(found: unknown, expected: unknown, what: string): void {
  const [is, should] = [JSON.stringify(found), JSON.stringify(expected)]
  if (is !== should) throw new Error(`${what}: ${is} instead of ${should}`)
}

function refuses(call: () => unknown, name: string): void {
  try {
    call()
  } catch (error) {
    if (!(error instanceof StorageError)) throw new Error(`${String(error)} is no StorageError`)
    if (!error.message.includes(name)) throw new Error(`'${error.message}' does not name ${name}`)
    return
  }
  throw new Error(`nothing was thrown for ${name}`)
}
