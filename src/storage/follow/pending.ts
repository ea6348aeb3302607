/**
 * Corrections that a follower has read already although their events are still ahead of it: events wait for the settle
 * watermark, corrections stand behind them in the journal, and each block is to be read once. Later ones are merged over
 * earlier ones as in `journal/corrections.ts`.
 *
 * Memory: 24 bytes an event, by pages of PAGE events, for pages with a correction only. Since nothing waits longer than
 * the watermark says, that is at most the ring's number of events.
 *
 * @module
 */

import * as L from '../../layout.js'
import type { CorrectionList } from '../journal/corrections.js'
import * as F from '../journal/format.js'

const PAGE = 1024

interface Page {
  readonly flags: Uint16Array
  readonly masks: Uint8Array
  readonly slots: Uint8Array
  readonly rewards: Float32Array
}

/** Corrections of events that have not been taken. */
export class PendingCorrections {
  private readonly pages = new Map<number, Page>()

  /** Events that may have one, in pages; for tests of the bound. */
  get size(): number {
    return this.pages.size * PAGE
  }

  /** Adds the entry at byte `at` of a payload of corrections. */
  add(seq: number, payload: DataView, entry: number): void {
    const number = Math.floor(seq / PAGE)
    let page = this.pages.get(number)
    if (page === undefined) {
      page = newPage()
      this.pages.set(number, page)
    }
    const at = seq - number * PAGE
    page.flags[at] = (page.flags[at] as number) | payload.getUint16(entry + F.C_FLAGS, true)
    page.masks[at] = (page.masks[at] as number) | payload.getUint8(entry + F.C_MASK)
    const slots = payload.getUint8(entry + F.C_SLOTS)
    page.slots[at] = (page.slots[at] as number) | slots
    for (let slot = 0; slot < L.REWARD_SLOTS; slot++) {
      if (((slots >> slot) & 1) === 0) continue
      page.rewards[at * L.REWARD_SLOTS + slot] = payload.getFloat32(entry + F.C_REWARDS + slot * 4, true)
    }
  }

  /** What [start, end) has, ascending, and forgets it. Nothing before `start` may be pending. */
  take(start: number, end: number): CorrectionList {
    const seqs: number[] = []
    for (let number = Math.floor(start / PAGE); number * PAGE < end; number++) {
      const page = this.pages.get(number)
      if (page === undefined) continue
      for (let at = 0; at < PAGE && number * PAGE + at < end; at++) {
        if (hasEntry(page, at)) seqs.push(number * PAGE + at)
      }
    }
    const list = this.gather(seqs)
    this.forget(start, end)
    return list
  }

  private gather(seqs: readonly number[]): CorrectionList {
    const length = seqs.length
    const flags = new Uint16Array(length)
    const masks = new Uint8Array(length)
    const slots = new Uint8Array(length)
    const rewards = new Float32Array(length * L.REWARD_SLOTS)
    for (let i = 0; i < length; i++) {
      const seq = seqs[i] as number
      const page = this.pages.get(Math.floor(seq / PAGE)) as Page
      const at = seq % PAGE
      flags[i] = page.flags[at] as number
      masks[i] = page.masks[at] as number
      slots[i] = page.slots[at] as number
      for (let slot = 0; slot < L.REWARD_SLOTS; slot++) {
        rewards[i * L.REWARD_SLOTS + slot] = page.rewards[at * L.REWARD_SLOTS + slot] as number
      }
    }
    return { length, seqs: Float64Array.from(seqs), flags, masks, slots, rewards }
  }

  private forget(start: number, end: number): void {
    for (let number = Math.floor(start / PAGE); number * PAGE < end; number++) {
      const page = this.pages.get(number)
      if (page === undefined) continue
      if ((number + 1) * PAGE <= end) {
        this.pages.delete(number)
        continue
      }
      const rest = end - number * PAGE
      page.flags.fill(0, 0, rest)
      page.masks.fill(0, 0, rest)
      page.slots.fill(0, 0, rest)
    }
  }
}

function newPage(): Page {
  return {
    flags: new Uint16Array(PAGE),
    masks: new Uint8Array(PAGE),
    slots: new Uint8Array(PAGE),
    rewards: new Float32Array(PAGE * L.REWARD_SLOTS),
  }
}

/** An entry without flags, bits and values would change nothing. */
function hasEntry(page: Page, at: number): boolean {
  return ((page.flags[at] as number) | (page.masks[at] as number) | (page.slots[at] as number)) !== 0
}
