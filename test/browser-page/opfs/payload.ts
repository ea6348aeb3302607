/**
 * Events that say by themselves whether they are whole, rewards that come late, and what a journal must hold of them.
 * The same checks run in a worker of the browser and in Node.
 *
 * @module
 */

import { AppraiserType, type EventInput } from '../../../src/index.js'
import * as L from '../../../src/layout.js'
import type { JournalSource } from '../../../src/storage/journal/source.js'

/** Events that the ring holds. */
export const CAPACITY = 1000
/** The event whose reward comes when event `head` has been written: still in the ring, and long gone from it. */
export const SOON = 10
export const LATE = CAPACITY + 300

/** The event with this sequence number. */
export function eventOf(seq: number): EventInput {
  const numbers = Array.from({ length: 8 }, (_, i) => mixed(seq, i))
  return { timestamp: 1e15 + seq, episodeId: seq, stepNumber: seq, state: numbers, action: numbers.toReversed() }
}

/** What both appraisers give an event. */
export function rewardOf(seq: number): number {
  return 1 + (seq % 97)
}

/** Who scores soon, and who late. */
export const APPRAISERS = { soon: AppraiserType.Curiosity, late: AppraiserType.Goal } as const

/**
 * What is wrong with a journal, the first few faults, if everything that was written up to event `acknowledged` and with
 * it has been promised.
 */
export function faultsOf(source: JournalSource, acknowledged: number): string[] {
  const faults: string[] = []
  const fault = (text: string) => faults.length < 5 && faults.push(text)
  if (source.startSeq !== 0) fault(`begins at ${source.startSeq}`)
  if (source.endSeq < acknowledged) fault(`ends at ${source.endSeq}, ${acknowledged} were promised`)
  let next = 0
  for (let start = 0; start < source.endSeq; start += 5000) {
    const { length, seqs, bytes } = source.events(start, Math.min(start + 5000, source.endSeq))
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let i = 0; i < length; i++, next++) {
      const seq = seqs[i] as number
      if (seq !== next) fault(`${seq} where ${next} should be`)
      const at = i * L.RECORD_BYTES
      if (!isWhole(view, at, seq)) fault(`event ${seq} is not the one that was written`)
      const promised = { soon: seq < acknowledged - SOON, late: seq < acknowledged - LATE }
      for (const who of ['soon', 'late'] as const) {
        const reward = view.getFloat32(at + L.REWARDS + 4 * APPRAISERS[who], true)
        if (reward === rewardOf(seq) || (reward === 0 && !promised[who])) continue
        fault(`reward ${reward} of event ${seq}, ${promised[who] ? 'promised' : 'possible'} is ${rewardOf(seq)}`)
      }
    }
  }
  if (next !== source.endSeq) fault(`${next} events of ${source.endSeq}`)
  return faults
}

function isWhole(view: DataView, at: number, seq: number): boolean {
  if (view.getUint32(at + L.STEP_NUMBER, true) !== seq) return false
  if (view.getBigUint64(at + L.TIMESTAMP, true) !== BigInt(1e15 + seq)) return false
  for (let i = 0; i < 8; i++) {
    if (view.getFloat32(at + L.STATE + 4 * i, true) !== mixed(seq, i)) return false
    if (view.getFloat32(at + L.ACTION + 4 * i, true) !== mixed(seq, 7 - i)) return false
  }
  return true
}

function mixed(seq: number, i: number): number {
  return (Math.imul(seq * 8 + i, 0x9e3779b1) >>> 12) / 16
}
