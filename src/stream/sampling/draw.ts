/**
 * One call of `sampleBatch` or `sampleSeqs` under way: what is asked for, and where the draws go. A strategy has kernels
 * draw chunk by chunk and collects the chunks here.
 *
 * @module
 */

import type { Ring } from '../../kernel/ring.js'
import * as L from '../../layout.js'
import type { Draws } from '../batch.js'
import type { Matcher } from '../matching.js'

const SEQS = L.OUT_SEQS / 8
const PROBABILITIES = L.OUT_PROBABILITIES / 8

/** Where the rows of one call go. */
export interface Sink {
  draws: Draws
  /** Makes room for sequence numbers and returns it. */
  numbers(rows: number): Float64Array
  /** The same for records; undefined when only sequence numbers are asked for. */
  records: ((rows: number) => Uint8Array) | undefined
}

/** A draw from the live window of one ring, which is not empty. */
export class Draw {
  readonly ring: Ring
  readonly matcher: Matcher
  /** Events, or runs, that are asked for. */
  readonly size: number
  readonly replacement: boolean
  readonly out: Draws
  /** Sequence numbers of the rows that were collected. */
  seqs: Float64Array = new Float64Array(0)
  private readonly sink: Sink

  constructor(ring: Ring, matcher: Matcher, size: number, replacement: boolean, sink: Sink) {
    this.ring = ring
    this.matcher = matcher
    this.size = size
    this.replacement = replacement
    this.out = sink.draws
    this.sink = sink
  }

  /** Leaves row `i` of a chunk for `collect`, which copies it. */
  leave(i: number, seq: number): void {
    const { f64, u32 } = this.ring.kernel
    f64[SEQS + i] = seq
    u32[L.OUT_SLOTS / 4 + i] = this.ring.slotOf(seq)
  }

  /**
   * Calls `draw` for chunks of `rows` rows and copies what it leaves in memory. `probability` is that of every row;
   * undefined if `draw` leaves one for each. All weights are 1. Returns `rows`.
   */
  collect(rows: number, probability: number | undefined, draw: (count: number) => void, chunk = L.CHUNK): number {
    const { out, sink } = this
    const { core, f64, u8 } = this.ring.kernel
    out.reserve(rows)
    const { probabilities } = out
    const seqs = sink.numbers(rows)
    const records = sink.records?.(rows)
    this.seqs = seqs
    for (let from = 0; from < rows; from += chunk) {
      const count = Math.min(chunk, rows - from)
      draw(count)
      seqs.set(f64.subarray(SEQS, SEQS + count), from)
      if (probability === undefined) probabilities.set(f64.subarray(PROBABILITIES, PROBABILITIES + count), from)
      if (records === undefined) continue
      core.gather(count)
      records.set(u8.subarray(L.BATCH, L.BATCH + count * L.RECORD_BYTES), from * L.RECORD_BYTES)
    }
    if (probability !== undefined) probabilities.fill(probability)
    out.weights.fill(1)
    return rows
  }
}
