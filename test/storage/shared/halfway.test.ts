/**
 * Threads that stand still in the middle of a late write or a correction, while others go on and the journal is written:
 * what was accepted from the others is kept, and stays the newest.
 *
 * @module
 */

import { expect, test } from 'vitest'
import * as L from '../../../src/layout.js'
import { nodeCrc32 } from '../../../src/storage/journal/crc32.node.js'
import { JournalReader } from '../../../src/storage/journal/reader.js'
import { ExperienceStream } from '../../../src/stream/stream.js'
import type { SharedKernel } from '../../../src/threads/shared-kernel.js'
import type { MemoryDisk } from '../support/memory-disk.js'
import { openHere } from './same-thread.js'

const CLOSING = (L.CONTROL + L.S_CLOSING) / 8
const POSTED = (L.CONTROL + L.S_POSTED) / 8

function kernelOf(stream: ExperienceStream): SharedKernel {
  return (stream as unknown as { ring: { kernel: SharedKernel } }).ring.kernel
}

function wordsOf({ memory }: SharedKernel): BigInt64Array {
  return new BigInt64Array(memory.buffer)
}

/** Has the thread of `stream` say that it writes late to event `seq`, and stand still. Returns what ends its write. */
function beginReward(stream: ExperienceStream, seq: number): (appraiser: number, reward: number) => void {
  const kernel = kernelOf(stream)
  const words = wordsOf(kernel)
  Atomics.store(words, (L.MEMBERS + kernel.index * L.MEMBER_BYTES + L.M_LATE) / 8, BigInt(seq + 1))
  return (appraiser, reward) => {
    // It looked at what is closed when it began.
    const closing = Atomics.exchange(words, CLOSING, 0n)
    expect(kernel.core.setReward(seq, appraiser, reward)).toBe(L.LATE_APPLIED)
    Atomics.store(words, CLOSING, closing)
  }
}

/** Takes a place of the outbox as a thread does that stands still behind it. Returns what ends its post, of nothing. */
function beginPost(stream: ExperienceStream): () => void {
  const kernel = kernelOf(stream)
  const words = wordsOf(kernel)
  const number = Atomics.add(words, POSTED, 1n)
  const place = kernel.control(L.S_OUTBOX) + (Number(number) % L.POST_CELLS) * L.POST_BYTES
  kernel.u8.fill(0, place + L.POST_ENTRY, place + L.POST_ENTRY + L.ENTRY_BYTES)
  return () => void Atomics.store(words, place / 8, number + 1n)
}

function rewardsOf(memory: MemoryDisk, seq: number): number[] {
  const reader = new JournalReader({ disk: memory, crc32: nodeCrc32 })
  const { bytes } = reader.events(seq, seq + 1)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  return [0, 1, 2, 3].map((slot) => view.getFloat32(L.REWARDS + slot * 4, true))
}

/** A window of 4 events, of which the first is about to leave, and a second thread. */
async function openFull() {
  const opened = await openHere({ capacity: 4, maxBacklog: 4 })
  const other = await ExperienceStream.attach(opened.stream.handle())
  for (let i = 0; i < 4; i++) opened.stream.writeEvent({ timestamp: i })
  await opened.stream.durable()
  return { ...opened, other }
}

test('a correction is newer than what a thread ends writing late to the same event after it was kept', async () => {
  const { stream, other, memory } = await openFull()
  expect(stream.setAppraiserReward(0, 3, 1)).toBe('applied')
  const end = beginReward(other, 0)
  stream.writeEvent({ timestamp: 4 })
  await stream.durable()
  expect(stream.setAppraiserReward(0, 3, 2)).toBe('corrected')
  await stream.durable()
  expect(rewardsOf(memory, 0)).toEqual([0, 0, 0, 2])
  end(1, 9)
  await stream.durable()
  expect(rewardsOf(memory, 0)).toEqual([0, 9, 0, 2])
  // The next event leaves, and nothing is left over of the one before.
  stream.writeEvent({ timestamp: 5 })
  expect(stream.setAppraiserReward(0, 3, 3)).toBe('corrected')
  await other.close()
  await stream.close()
  expect(rewardsOf(memory, 0)).toEqual([0, 9, 0, 3])
})

test('the same where another thread still stands still, and where the disk fails in between', async () => {
  const { stream, other, memory, disk, port } = await openFull()
  const third = await ExperienceStream.attach(stream.handle())
  const ends = [beginReward(other, 0), beginReward(third, 0)] as const
  stream.writeEvent({ timestamp: 4 })
  await stream.durable()
  port.runs = false
  expect(stream.setAppraiserReward(0, 3, 2)).toBe('corrected')
  disk.faults.room = 0
  const refused = expect(stream.durable()).rejects.toThrow('ENOSPC')
  port.step()
  await refused
  disk.faults.room = Number.POSITIVE_INFINITY
  ends[0](1, 9)
  port.runs = true
  await stream.durable()
  expect(rewardsOf(memory, 0)).toEqual([0, 9, 0, 2])
  ends[1](2, 8)
  await stream.durable()
  await Promise.all([other.close(), third.close()])
  await stream.close()
  expect(rewardsOf(memory, 0)).toEqual([0, 9, 8, 2])
})

test('what was posted behind a thread that stands still in the middle of its post is durable once it is written', async () => {
  const { stream, other, memory, port } = await openFull()
  stream.writeEvent({ timestamp: 4 })
  await stream.durable()
  const end = beginPost(other)
  expect(stream.setAppraiserReward(0, 3, 2)).toBe('corrected')
  port.runs = false
  let isDurable = false
  const durable = stream.durable().then(() => {
    isDurable = true
  })
  for (let round = 0; round < 10; round++) {
    port.step()
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect([isDurable, rewardsOf(memory, 0)]).toEqual([false, [0, 0, 0, 0]])
  end()
  port.step()
  await durable
  expect(rewardsOf(memory, 0)).toEqual([0, 0, 0, 2])
  await other.close()
})

test('closing waits for a thread that is in the middle of its post', async () => {
  const { stream, other, memory, port } = await openFull()
  stream.writeEvent({ timestamp: 4 })
  await stream.durable()
  port.onTurn = beginPost(other)
  expect(stream.setAppraiserReward(0, 3, 2)).toBe('corrected')
  await stream.close()
  expect(rewardsOf(memory, 0)).toEqual([0, 0, 0, 2])
})

test('closing waits for a thread that is in the middle of a late write, and refuses those that begin then', async () => {
  const { stream, other, memory, port } = await openFull()
  const { core } = kernelOf(stream)
  const end = beginReward(other, 3)
  const begun: number[] = []
  port.onTurn = () => {
    begun.push(core.post(0, 1, 0, 5), core.setReward(2, 0, 5))
    end(1, 9)
  }
  await stream.close()
  expect(begun).toEqual([0, L.LATE_EVICTED])
  expect([0, 2, 3].map((seq) => rewardsOf(memory, seq))).toEqual([
    [0, 0, 0, 0],
    [0, 0, 0, 0],
    [0, 9, 0, 0],
  ])
})

test('closing does not wait forever for a thread that has died in the middle of a late write', async () => {
  const { stream, other, memory } = await openFull()
  beginReward(other, 3)
  expect(stream.setAppraiserReward(3, 0, 1)).toBe('applied')
  await stream.close()
  expect(rewardsOf(memory, 3)).toEqual([1, 0, 0, 0])
})

test('closing says so if a thread never ends its post', async () => {
  const { stream, other } = await openFull()
  stream.writeEvent({ timestamp: 4 })
  await stream.durable()
  beginPost(other)
  expect(stream.setAppraiserReward(0, 3, 2)).toBe('corrected')
  await expect(stream.close()).rejects.toThrow('2 corrections that were posted are not in the journal')
})
