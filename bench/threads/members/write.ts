/**
 * Member: writes its share of events in one of several ways, to a shared ring or to a plain one of its own.
 *
 * @module
 */

import { ExperienceStream, type StreamHandle } from 'experience-stream'
import { BATCH, packedRecords, START_US } from '../../fixtures.js'
import { fullStream, stage } from '../../fixtures-stream.js'
import { commits, type Layout, layout, ringOf } from '../inner.js'
import { type Part, serve } from '../member.js'

/** How it writes. */
export type Way = 'commit' | 'append' | 'writer' | 'packed'

/** What it is told. */
export interface WriteData {
  way: Way
  /** The shared ring, or the capacity of a plain one. */
  ring: StreamHandle | number
}

function raw(stream: ExperienceStream, constants: Layout): Part {
  const commit = commits(stream, constants)
  return (n) => {
    if (commit(n) !== 0) throw new Error('the module refused an event')
    return n
  }
}

/** Batches that stand in the thread's area already: claimed and copied, nothing checked. */
function appended(stream: ExperienceStream): Part {
  stream.writeBatch(packedRecords(0, BATCH))
  const { core } = ringOf(stream).kernel
  const claims = core.claimExactly !== undefined
  return (n) => {
    for (let left = n; left > 0; left -= BATCH) {
      if (claims && core.claimExactly(BATCH) !== 0) throw new Error('the module refused a batch')
      core.appendRecords(BATCH)
    }
    return n
  }
}

function packed(stream: ExperienceStream): Part {
  const batch = packedRecords(0, BATCH)
  return (n) => {
    let sum = 0
    for (let left = n; left > 0; left -= BATCH) sum += stream.writeBatch(batch).start
    return sum
  }
}

function single({ writer }: ExperienceStream): Part {
  let i = 0
  return (n) => {
    let seq = 0
    for (const end = i + n; i < end; i++) {
      writer.timestamp = START_US + i
      stage(writer, i)
      seq = writer.commit()
    }
    return seq
  }
}

serve(async ({ way, ring }: WriteData, size) => {
  const stream = typeof ring === 'number' ? fullStream(ring) : await ExperienceStream.attach(ring)
  const constants = await layout()
  const part = {
    commit: () => raw(stream, constants),
    append: () => appended(stream),
    packed: () => packed(stream),
    writer: () => single(stream),
  }[way]()
  return (n) => part(n / size)
})
