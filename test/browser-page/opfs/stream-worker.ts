/**
 * A durable stream of a browser at the hands of a test.
 *
 * @module
 */

import { folderAt } from '../../../src/storage/opfs/directory.js'
import {
  type DurableExperienceStream,
  type OpfsDurableOptions,
  openExperienceStream,
} from '../../../src/storage/opfs/index.js'
import { OpfsDisk } from '../../../src/storage/opfs/opfs-disk.js'
import { answer, described, type Fault, tell } from './answer.js'
import { APPRAISERS, CAPACITY, eventOf, faultsOf, LATE, rewardOf, SOON } from './payload.js'

let stream: DurableExperienceStream
let writing = false

/** Gives the events the rewards that they have once the event behind `head` comes next. */
function reward(head: number): void {
  if (head >= SOON) stream.setAppraiserReward(head - SOON, APPRAISERS.soon, rewardOf(head - SOON))
  if (head >= LATE) stream.setAppraiserReward(head - LATE, APPRAISERS.late, rewardOf(head - LATE))
}

function write(): void {
  reward(stream.writeEvent(eventOf(stream.totalWritten)))
}

answer({
  async open(options: Partial<OpfsDurableOptions>) {
    stream = await openExperienceStream({ directory: 'memory', capacity: CAPACITY, segmentBytes: 2 ** 20, ...options })
    const { recovery, totalWritten, oldestSeq } = stream
    return { recovery, totalWritten, oldestSeq, name: stream.directory }
  },

  /** Gives once more what may have been lost since `acknowledged`. */
  repair(acknowledged: number): void {
    for (let head = acknowledged; head < stream.totalWritten; head++) reward(head)
  },

  /** Writes until the worker ends or `stop` is called; tells after which event everything is safe. */
  async run(): Promise<number> {
    writing = true
    while (writing) {
      for (let i = 1 + Math.floor(200 * Math.random()); i > 0; i--) write()
      await stream.durable()
      tell(stream.totalWritten - 1)
    }
    return stream.totalWritten - 1
  },
  stop(): void {
    writing = false
  },

  /** Writes so many events in one turn and makes them safe. */
  async write(count: number): Promise<number> {
    for (let i = 0; i < count; i++) write()
    await stream.durable()
    return stream.totalWritten - 1
  },

  /** Writes batch after batch until something is thrown; gives what it was and what had been promised. */
  async writeUntilRefused(): Promise<{ acknowledged: number; fault: Fault }> {
    let acknowledged = -1
    try {
      for (;;) {
        for (let i = 0; i < 100; i++) write()
        await stream.durable()
        acknowledged = stream.totalWritten - 1
      }
    } catch (error) {
      return { acknowledged, fault: described(error) }
    }
  },

  /** What is wrong with the journal, and with what the ring says of its newest event. */
  async faults(acknowledged: number): Promise<string[]> {
    await stream.durable()
    const { source } = stream.host
    source.refresh()
    const faults = faultsOf(source, acknowledged)
    const newest = stream.getEvent(stream.totalWritten - 1)
    if (newest !== undefined && newest.stepNumber !== newest.seq) faults.push(`the ring has ${newest.stepNumber}`)
    return faults
  },

  /** The files of a directory that nobody has open, as Base64. */
  async export(directory: string): Promise<Record<string, string>> {
    const path = `${directory}/journal`
    const disk = await OpfsDisk.open(await folderAt(path), path)
    const files: Record<string, string> = {}
    for (const name of disk.list()) {
      const file = disk.open(name, 'read')
      const bytes = new Uint8Array(file.size())
      file.read(bytes, 0)
      let text = ''
      for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096))
      files[name] = btoa(text)
    }
    disk.close()
    return files
  },

  /** Writes an event beside its reason; gives its number. */
  describe: (intentType: string) => stream.writeEventWithMetadata(eventOf(stream.totalWritten), { intentType }),
  /** What the ring and what history know of an event. */
  async recall(seq: number) {
    const [event, metadata] = [await stream.history.getEvent(seq), await stream.history.getMetadata(seq)]
    return { live: stream.getEvent(seq) !== undefined, step: event?.stepNumber, intent: metadata?.intentType }
  },
  /** The numbers that a named subscription delivers next, as far as they are safe; acknowledges them. */
  async deliver(name: string): Promise<[number, number]> {
    const subscription = stream.subscribe({ name, from: 'oldest', after: 'durable', maxBatch: 300 })
    const { start, end } = subscription.poll()
    subscription.ack()
    subscription.close()
    await stream.durable()
    return [start, end]
  },
  journal: () => stream.stats().journal,
  close: () => stream.close(),
})
