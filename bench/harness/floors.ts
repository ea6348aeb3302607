/**
 * The physical limits beside which figures are reported, timed in the process of the subject and between its rounds.
 *
 * `reference` says what a floor took on the machine on which the goals of this project were set (2 cores of an AMD
 * EPYC, Node 20); see `row.ts` for what follows from the difference.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import type { Case } from './measure.js'
import type { Unit } from './row.js'

const RECORD = 128
const POOL = 65_536
const SCRATCH_RECORDS = 8_192
const PAGE = 65_536

interface FloorModule {
  storeRecords(ring: number, capacity: number, pool: number, start: number, n: number): number
  copyRecords(ring: number, capacity: number, source: number, start: number, n: number): number
  copyIn(ring: number, capacity: number, source: number, start: number, n: number): number
  copyOut(ring: number, capacity: number, target: number, start: number, n: number): number
  scanRecords(ring: number, capacity: number, start: number, n: number): number
  pickRecords(ring: number, capacity: number, seed: number, n: number): number
  gatherRecords(ring: number, capacity: number, target: number, seed: number, n: number): number
  countColumn(column: number, n: number, value: number): number
  nothing(value: number): number
}

/** One floor as a case with the time that it took where the goals were set. */
export interface Floor {
  case: Case
  /** Null for what is only compared with. */
  reference: number | null
  /** What a comparison contains. */
  includes?: string | undefined
  /** The figures of the case times this are those of the row. */
  factor: number
}

/** Floors over a ring of their own with `capacity` records. */
export class Floors {
  readonly #module: FloorModule
  readonly #capacity: number
  readonly #ring: number
  readonly #pool = PAGE
  readonly #scratch = PAGE + POOL
  readonly #column: number
  #at = 0

  /** @param file what `compileFloors` wrote */
  constructor(file: URL, capacity: number) {
    this.#capacity = capacity
    this.#column = this.#scratch + SCRATCH_RECORDS * RECORD
    this.#ring = this.#column + Math.ceil(capacity / 8) * 16
    const pages = Math.ceil((this.#ring + capacity * RECORD) / PAGE)
    const memory = new WebAssembly.Memory({ initial: pages, maximum: 65_536 })
    const words = new Uint32Array(memory.buffer)
    for (let i = 0; i < words.length; i++) words[i] = i & 0xffff
    const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), { env: { memory } })
    this.#module = instance.exports as unknown as FloorModule
  }

  /** All fields of a record stored in a loop inside a module, an id from a pool included; ns per record. */
  storeRecords(): Floor {
    return this.#floor('loop of stores', 'ns', 5.3, (n) => {
      this.#at = this.#module.storeRecords(this.#ring, this.#capacity, this.#pool, this.#at, n)
      return this.#at
    })
  }

  /** Records copied one by one inside a module; ns per record. */
  copyRecords(): Floor {
    return this.#floor('memcpy by record', 'ns', 4, (n) => {
      this.#at = this.#module.copyRecords(this.#ring, this.#capacity, this.#scratch, this.#at, n)
      return this.#at
    })
  }

  /** `memory.copy` of chunks into the ring; ns per record. */
  copyIn(chunk: number): Floor {
    const floor = this.#floor(`memory.copy of ${chunk}`, 'ns', 2.4, (n) => {
      for (let left = n; left > 0; left -= chunk) {
        this.#at = this.#module.copyIn(this.#ring, this.#capacity, this.#scratch, this.#at, chunk)
      }
      return this.#at
    })
    return { ...floor, case: { ...floor.case, multiple: chunk } }
  }

  /** `memory.copy` of chunks out of the ring, in order; µs per chunk. */
  copyOut(chunk: number, random = false): Floor {
    let seed = 1
    return this.#floor(`memory.copy of ${chunk}${random ? ' from random places' : ''}`, 'µs', 2.4, (n) => {
      for (let i = 0; i < n; i++) {
        if (random) {
          seed = (Math.imul(seed, 747796405) + 2891336453) >>> 0
          this.#at = Math.floor((seed / 2 ** 32) * this.#capacity)
        }
        this.#at = this.#module.copyOut(this.#ring, this.#capacity, this.#scratch, this.#at, chunk)
      }
      return this.#at
    })
  }

  /** Two fields of each record in order; ns per record, or ms for the whole ring. */
  scanRecords(unit: 'ns' | 'ms' = 'ns'): Floor {
    const floor = this.#floor('scan of records', 'ns', 3.1, (n) => {
      const sum = this.#module.scanRecords(this.#ring, this.#capacity, this.#at, n)
      this.#at = (this.#at + n) % this.#capacity
      return sum
    })
    return unit === 'ns' ? floor : { ...floor, factor: this.#capacity / 1e6 }
  }

  /** Two fields of records in random order; ns per record, or µs for `k` of them. */
  pickRecords(k?: number): Floor {
    let seed = 0
    const floor = this.#floor('random records', 'ns', 5.2, (n) => {
      return this.#module.pickRecords(this.#ring, this.#capacity, ++seed, n)
    })
    return k === undefined ? floor : { ...floor, factor: k / 1000 }
  }

  /** `k` random records copied side by side; µs. */
  gatherRecords(k: number): Floor {
    let seed = 1
    return this.#floor(`gather of ${k} records`, 'µs', 2.66, (n) => {
      for (let i = 0; i < n; i++) {
        seed = this.#module.gatherRecords(this.#ring, this.#capacity, this.#scratch, seed, k) >>> 0
      }
      return seed
    })
  }

  /** One value counted in a column of 16-bit codes; µs. */
  countColumn(): Floor {
    const n8 = Math.floor(this.#capacity / 8) * 8
    return this.#floor('scan of a u16 column', 'µs', 35, (n) => {
      let sum = 0
      for (let i = 0; i < n; i++) sum += this.#module.countColumn(this.#column, n8, i & 15)
      return sum
    })
  }

  /** A call that does nothing, in ns or µs. */
  call(unit: 'ns' | 'µs' = 'ns'): Floor {
    const module = this.#module
    const floor = this.#floor('call into a module', 'ns', 1.9, (n) => {
      let sum = 0
      for (let i = 0; i < n; i++) sum += module.nothing(i)
      return sum
    })
    return unit === 'ns' ? floor : { ...floor, factor: 1e-3 }
  }

  #floor(name: string, unit: Unit, reference: number, run: (n: number) => number): Floor {
    return { case: { name, unit, run }, reference, factor: 1 }
  }
}
