/**
 * Disks and threads that fail under a shared stream.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { StorageError } from '../../../src/storage/errors.js'
import { nodeCrc32 } from '../../../src/storage/journal/crc32.node.js'
import { JournalReader } from '../../../src/storage/journal/reader.js'
import { ExperienceStream } from '../../../src/stream/stream.js'
import { temporaryFolder } from '../support/folders.js'
import type { MemoryDisk } from '../support/memory-disk.js'
import { openHere } from './same-thread.js'
import { keptIn } from './support.js'

const LIBRARY = new URL('../../../dist/storage/index.node.js', import.meta.url)

function timestamps(memory: MemoryDisk): number[] {
  const reader = new JournalReader({ disk: memory, crc32: nodeCrc32 })
  const { length, bytes } = reader.events(0, reader.endSeq)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  return Array.from({ length }, (_, i) => Number(view.getBigUint64(i * 128 + 16, true)))
}

describe('a disk that is full', () => {
  test('is told to writers of every thread, and nothing is lost once there is room', async () => {
    const told: string[] = []
    const onError = (error: Error): void => void told.push(error.message)
    const { stream, disk, memory } = await openHere({ capacity: 10, maxBacklog: 8, onError })
    const other = await ExperienceStream.attach(stream.handle())
    stream.writeEvent({ timestamp: 0 })
    await stream.durable()
    disk.faults.room = 100
    stream.writeEvent({ timestamp: 1 })
    stream.setAppraiserReward(0, 1, 0.5)
    await expect(stream.durable()).rejects.toBeInstanceOf(StorageError)
    expect(() => stream.writeEvent({})).toThrow('ENOSPC')
    expect(() => other.writeEvent({})).toThrow('ENOSPC')
    expect(() => other.setAppraiserReward(0, 1, 1)).toThrow(StorageError)
    await expect(stream.ready()).rejects.toBeInstanceOf(StorageError)
    expect(told).toHaveLength(1)
    expect(stream.stats().journal).toMatchObject({ pending: 1, lastError: expect.any(StorageError) })

    disk.faults.room = Number.POSITIVE_INFINITY
    await stream.durable()
    other.writeEvent({ timestamp: 2 })
    await stream.durable()
    expect(timestamps(memory)).toEqual([0, 1, 2])
    await other.close()
  })

  test('keeps corrections that were taken from the ring', async () => {
    const { stream, disk, memory } = await openHere({ capacity: 4, maxBacklog: 2 }, undefined, true)
    for (let i = 0; i < 4; i++) stream.writeEvent({ timestamp: i })
    await stream.durable()
    disk.faults.room = 0
    for (let seq = 0; seq < 4; seq++) stream.setAppraiserReward(seq, 2, seq + 1)
    await expect(stream.durable()).rejects.toBeInstanceOf(StorageError)
    await expect(stream.durable()).rejects.toBeInstanceOf(StorageError)
    disk.faults.room = Number.POSITIVE_INFINITY
    await stream.durable()
    for (let i = 4; i < 20; i++) stream.writeEvent({ timestamp: i })
    expect(stream.setAppraiserReward(0, 3, 9)).toBe('corrected')
    await stream.close()
    const reader = new JournalReader({ disk: memory, crc32: nodeCrc32 })
    const { bytes } = reader.events(0, 4)
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    expect([0, 1, 2, 3].map((i) => view.getFloat32(i * 128 + 112, true))).toEqual([1, 2, 3, 4])
    expect(view.getFloat32(116, true)).toBe(9)
  })
})

test('a stream that is closed on a full disk says so, and writes everything if there is room again', async () => {
  for (const room of [0, Number.POSITIVE_INFINITY]) {
    const { stream, disk, memory, released } = await openHere({ capacity: 10, maxBacklog: 8 })
    stream.writeEvent({ timestamp: 0 })
    await stream.durable()
    disk.faults.room = 0
    stream.writeEvent({ timestamp: 1 })
    await expect(stream.durable()).rejects.toBeInstanceOf(StorageError)
    disk.faults.room = room
    if (room === 0) await expect(stream.close()).rejects.toThrow('ENOSPC')
    else await stream.close()
    expect(timestamps(memory)).toEqual(room === 0 ? [0] : [0, 1])
    expect(released()).toBe(1)
  }
})

test('a program that ends without a word has what it wrote in the journal', () => {
  const directory = temporaryFolder()
  const program = `
    import { openExperienceStream } from ${JSON.stringify(LIBRARY.href)}
    const stream = await openExperienceStream({ directory: ${JSON.stringify(directory)}, capacity: 100, shared: true })
    for (let i = 0; i < 50; i++) stream.writeEvent({ timestamp: i })
    stream.setAppraiserReward(49, 2, 0.5)
  `
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  expect(run.stderr).toBe('')
  expect(run.status).toBe(0)
  const kept = keptIn(directory)
  expect(kept.events.length).toBe(50)
  expect(kept.reward(49, 2)).toBe(0.5)
})

test('after a failed sync nothing is acknowledged any more', async () => {
  const { stream, disk } = await openHere({ capacity: 10, durability: 'power-loss' })
  stream.writeEvent({ timestamp: 0 })
  await stream.durable()
  expect(stream.stats().journal).toMatchObject({ durable: 1, pending: 0 })
  stream.writeEvent({ timestamp: 1 })
  disk.faults.failSyncs = true
  await expect(stream.durable()).rejects.toBeInstanceOf(StorageError)
  disk.faults.failSyncs = false
  await expect(stream.durable()).rejects.toBeInstanceOf(StorageError)
  expect(() => stream.writeEvent({})).toThrow('a sync failed')
  await expect(stream.close()).rejects.toBeInstanceOf(StorageError)
})

test('when the thread that writes the journal ends, writers learn of it and the directory is free', async () => {
  const { stream, port, released } = await openHere({ capacity: 10 })
  const other = await ExperienceStream.attach(stream.handle())
  stream.writeEvent({})
  await stream.durable()
  port.runs = false
  const waiting = stream.durable()
  port.die('out of memory')
  await expect(waiting).rejects.toThrow('out of memory')
  expect(() => stream.writeEvent({})).toThrow(StorageError)
  expect(() => other.writeEvent({})).toThrow('the thread that writes the journal has ended: out of memory')
  await expect(stream.durable()).rejects.toBeInstanceOf(StorageError)
  await expect(stream.close()).rejects.toBeInstanceOf(StorageError)
  expect(released()).toBe(1)
})
