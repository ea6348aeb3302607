/**
 * A worker that shares its durable stream with the page.
 *
 * @module
 */

import * as L from '../../../src/layout.js'
import {
  type DurableExperienceStream,
  type OpfsDurableOptions,
  openExperienceStream,
} from '../../../src/storage/opfs/index.js'
import { answer, described, type Fault, tell } from './answer.js'

/** Episodes of what the worker writes and of what the page writes. */
const OWN = 1

let stream: DurableExperienceStream
let step = 0

function write(): number {
  return stream.writeEvent({ episodeId: OWN, stepNumber: step, state: [step, -step], timestamp: step++ })
}

answer({
  async open(options: OpfsDurableOptions) {
    stream = await openExperienceStream({ capacity: 1000, maxBacklog: 200, segmentBytes: 2 ** 20, ...options })
    const { recovery, totalWritten } = stream
    return { recovery, totalWritten }
  },
  handle: () => stream.handle(),

  /** Writes so many events in one turn; gives the last number. */
  write(count: number): number {
    for (let i = 1; i < count; i++) write()
    return write()
  },

  /** Writes and scores, old events too, until the worker ends; tells how many events are safe, whoever wrote them. */
  async run(): Promise<never> {
    for (;;) {
      for (let i = 0; i < 50; i++) {
        const seq = write()
        if (seq >= 1500) stream.setAppraiserReward(seq - 1500, 1, 7)
      }
      const { totalWritten } = stream
      await stream.durable()
      tell(totalWritten)
    }
  },

  /** Writes until something is thrown; gives what it was, and how many events were safe before. */
  async writeUntilRefused(): Promise<{ acknowledged: number; fault: Fault }> {
    let acknowledged = 0
    try {
      for (;;) {
        for (let i = 0; i < 100; i++) write()
        await stream.durable()
        acknowledged = step
      }
    } catch (error) {
      return { acknowledged, fault: described(error) }
    }
  },
  ready: () => stream.ready(),

  async reward(seq: number): Promise<string> {
    const what = stream.setAppraiserReward(seq, 1, 5)
    await stream.durable()
    return what
  },

  /** How many events of each episode the journal has, what is wrong with them, and the events without a number. */
  async contents() {
    await stream.durable()
    const { source } = stream.host
    source.refresh()
    const steps: Record<number, number> = {}
    const faults: string[] = []
    const { length, seqs, bytes } = source.events(0, source.endSeq)
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    const rewards: number[] = []
    for (let i = 0; i < length; i++) {
      const at = i * L.RECORD_BYTES
      const episode = Number(view.getBigUint64(at + L.EPISODE_ID, true))
      const number = view.getUint32(at + L.STEP_NUMBER, true)
      const next = steps[episode] ?? 0
      // A run after a crash begins anew.
      if (number !== next && number !== 0)
        faults.push(`event ${seqs[i]}: step ${number} of episode ${episode}, not ${next}`)
      if (view.getFloat32(at + L.STATE + 4, true) !== -number) faults.push(`event ${seqs[i]} is torn`)
      steps[episode] = number + 1
      const reward = view.getFloat32(at + L.REWARDS + 4, true)
      if (reward !== 0) rewards.push(seqs[i] as number)
    }
    const gaps = source.gaps(0, source.endSeq).reduce((sum, { start, end }) => sum + end - start, 0)
    return { steps, faults: faults.slice(0, 5), end: source.endSeq, events: length, gaps, rewards: rewards.length }
  },

  stats: () => stream.stats(),
  close: () => stream.close(),
})
