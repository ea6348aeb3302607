/** The manifest: what is cut, what is refused, and when it is made anew. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { NodeColdFiles } from '../../../src/storage/cold/files.node.js'
import { Manifest } from '../../../src/storage/cold/manifest/manifest.js'
import type { EventFileEntry, ManifestState } from '../../../src/storage/cold/manifest/state.js'
import { CorruptSegmentError, StorageError } from '../../../src/storage/errors.js'
import { nodeCrc32 } from '../../../src/storage/journal/crc32.node.js'
import { FaultyFiles } from './faulty-files.js'
import { IDENTITY, temporaryFolder } from './support.js'

const folder = temporaryFolder()
afterAll(folder.remove)
const path = join(folder.path, 'MANIFEST')

function fileOf(n: number): EventFileEntry {
  const range = { firstSeq: n * 10, lastSeq: n * 10 + 9, fromUs: n, toUs: n, leastEpisode: '0', largestEpisode: '0' }
  return { path: `events/day=1970-01-01/${n}`, bytes: 100, day: 0, count: 10, ...range }
}

/** A manifest of three changes, its bytes, and its state after each of them. */
async function threeChanges(): Promise<{ bytes: Buffer; states: ManifestState[] }> {
  const manifest = await Manifest.create(new NodeColdFiles(folder.path), nodeCrc32, IDENTITY)
  const states = [manifest.state]
  for (const n of [0, 1, 2]) {
    await manifest.commit({ checkpoint: { seq: n * 10 + 10, position: n }, files: [fileOf(n)], ordinal: n + 1 })
    states.push(manifest.state)
  }
  return { bytes: readFileSync(path), states }
}

function reopened(): Promise<Manifest | undefined> {
  return Manifest.open(new NodeColdFiles(folder.path), nodeCrc32)
}

const { bytes, states } = await threeChanges()
/** Where each line ends, its newline included. */
const ends = [...bytes].flatMap((byte, at) => (byte === 10 ? [at + 1] : []))

test('a manifest that was cut off anywhere has the changes whose lines are whole, and can go on', async () => {
  for (let size = ends[0] as number; size <= bytes.length; size++) {
    writeFileSync(path, bytes.subarray(0, size))
    const manifest = await reopened()
    const whole = ends.filter((end) => end <= size).length
    expect(manifest?.state).toEqual(states[whole - 1])
    expect(manifest?.tornBytes).toBe(size - (ends[whole - 1] as number))
  }
  writeFileSync(path, bytes.subarray(0, bytes.length - 5))
  await (await reopened())?.commit({ files: [fileOf(7)] })
  expect((await reopened())?.state.files.map(({ firstSeq }) => firstSeq)).toEqual([0, 10, 70])
})

test('a manifest without a whole first line is damaged', async () => {
  for (const size of [0, 1, (ends[0] as number) - 1]) {
    writeFileSync(path, bytes.subarray(0, size))
    await expect(reopened()).rejects.toThrow(CorruptSegmentError)
  }
})

test('a flipped bit anywhere is an error that names the file and the place, in the last line too', async () => {
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes)
    damaged[at] = (damaged[at] as number) ^ (1 << (at % 7))
    writeFileSync(path, damaged)
    await expect(reopened(), `byte ${at}`).rejects.toMatchObject({ code: 'CORRUPT_SEGMENT', details: { file: path } })
  }
})

test('a last line with pages of zeros, which a loss of power leaves, is cut; zeros before whole lines are damage', async () => {
  const zeros = Buffer.from(bytes)
  zeros.fill(0, (ends[2] as number) + 20, (ends[2] as number) + 60)
  writeFileSync(path, zeros)
  expect((await reopened())?.state).toEqual(states[2])
  writeFileSync(path, Buffer.concat([bytes.subarray(0, ends[2]), Buffer.alloc(4096)]))
  expect((await reopened())?.state).toEqual(states[2])
  const middle = Buffer.from(bytes)
  middle.fill(0, (ends[1] as number) + 20, (ends[1] as number) + 60)
  writeFileSync(path, middle)
  await expect(reopened()).rejects.toThrow(CorruptSegmentError)
})

test('a line that is missing or there twice is damage', async () => {
  const lines = ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end))
  for (const order of [
    [0, 1, 3],
    [0, 1, 2, 2, 3],
    [0, 2, 1, 3],
    [1, 2, 3],
  ]) {
    writeFileSync(path, Buffer.concat(order.map((i) => lines[i] as Buffer)))
    await expect(reopened()).rejects.toThrow(CorruptSegmentError)
  }
})

test('a manifest of a later version is refused by name', async () => {
  const json = JSON.stringify({ format: 'experience-stream cold storage', version: 2, state: {} })
  writeFileSync(path, `${nodeCrc32(Buffer.from(json)).toString(16).padStart(8, '0')} ${json}\n`)
  await expect(reopened()).rejects.toThrow(StorageError)
  await expect(reopened()).rejects.toThrow('is of version 2 of the manifest, this library knows version 1')
})

test('a long log is replaced by one that begins with the whole state', async () => {
  const own = temporaryFolder()
  const files = new FaultyFiles(own.path)
  const manifest = await Manifest.create(files, nodeCrc32, IDENTITY)
  const made = { ...fileOf(0), types: Array.from({ length: 2000 }, (_, i) => i) }
  for (let n = 0; n < 100; n++) await manifest.commit({ files: [{ ...made, path: `${n}` }], removed: [`${n - 1}`] })
  const kept = await Manifest.open(files, nodeCrc32)
  expect(kept?.state).toEqual(manifest.state)
  expect(kept?.state.files.length).toBe(1)
  expect(files.log.filter((line) => line === 'rename MANIFEST.tmp').length).toBeGreaterThan(2)
  expect(readFileSync(join(own.path, 'MANIFEST')).length).toBeLessThan(400_000)
  await own.remove()
})
