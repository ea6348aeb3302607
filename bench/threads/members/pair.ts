/**
 * Member: one of two threads that share a ring, the first of which writes and the second reads every event.
 *
 * The reader says how far it is; the writer, which would lap it otherwise, looks there once a batch and stays within
 * half a ring, so that no event is missed.
 *
 * @module
 */

import { ExperienceStream, type StreamHandle } from 'experience-stream'
import { BATCH, packedRecords, START_US } from '../../fixtures.js'
import { stage } from '../../fixtures-stream.js'
import { rest } from '../idle.js'
import { commits, layout, ringOf } from '../inner.js'
import { type Part, serve } from '../member.js'
import { Progress } from '../progress.js'

/** A reader that finds fewer events has caught up. */
const FEW = 64

/** What it is told. */
export interface PairData {
  role: 'write' | 'read'
  way: 'commit' | 'writer' | 'packed'
  handle: StreamHandle
  progress: SharedArrayBuffer
}

/** Writes `count` events. */
type Write = (count: number) => void

/** Reads some of the events from number `from` on and returns how many. */
type Read = (from: number) => number

async function writing(stream: ExperienceStream, way: PairData['way']): Promise<Write> {
  if (way === 'packed') {
    const packed = packedRecords(0, BATCH)
    return (count) => {
      stream.writeBatch(count === BATCH ? packed : packed.subarray(0, count * 128))
    }
  }
  if (way === 'commit') {
    const commit = commits(stream, await layout())
    return (count) => {
      if (commit(count) !== 0) throw new Error('the module refused an event')
    }
  }
  const { writer } = stream
  let i = 0
  return (count) => {
    for (const end = i + count; i < end; i++) {
      writer.timestamp = START_US + i
      stage(writer, i)
      writer.commit()
    }
  }
}

async function reading(stream: ExperienceStream, way: PairData['way']): Promise<Read> {
  if (way === 'commit') {
    const { LENT, M_STOPPED } = await layout()
    const { kernel } = ringOf(stream)
    return (from) => {
      const found = kernel.core.readRange(from, Number.MAX_SAFE_INTEGER, BATCH, LENT)
      if (kernel.left(M_STOPPED) - from !== found) throw new Error('the reader was lapped')
      return found
    }
  }
  const subscription = stream.subscribe({ from: 'oldest' })
  while (subscription.poll().length > 0);
  return () => {
    const { length } = subscription.poll()
    if (subscription.missed !== 0) throw new Error(`the reader missed ${subscription.missed} events`)
    return length
  }
}

serve(async ({ role, way, handle, progress }: PairData): Promise<Part> => {
  const stream = await ExperienceStream.attach(handle)
  const reader = new Progress(progress, stream.capacity >> 1)
  if (role === 'write') {
    const write = await writing(stream, way)
    return (n) => {
      for (let left = n; left > 0; left -= BATCH) {
        reader.awaitRoom(BATCH)
        write(Math.min(left, BATCH))
      }
      return n
    }
  }
  let at = stream.totalWritten
  const read = await reading(stream, way)
  return (n) => {
    for (const end = at + n; at < end; ) {
      const found = read(at)
      at += found
      if (found > 0) reader.moved(found)
      if (found < FEW) rest()
    }
    return at
  }
})
