/**
 * Where everything lies in the memory of a shared ring. Computed once by who creates it and written into the control
 * block, from which every thread reads it.
 *
 * @module
 */

import { invalid } from '../errors.js'
import { SEQ_LIMIT } from '../kernel/ring.js'
import * as L from '../layout.js'

const PAGE = 65536
/** Addresses are 32 bits; the last page stays free, so that an end address fits as well. */
const MEMORY_LIMIT = 65535 * PAGE
const MOST_CLAIMED = 1024

/** Sizes in events or entries, addresses in bytes. */
export interface SharedMap {
  /** Events of the live window. */
  window: number
  /** Slots: the window, and with a journal what may be written before it is written out. */
  capacity: number
  members: number
  records: number
  stamps: number
  cells: number
  epochs: number
  known: number
  blocks: number
  /** 0 without a journal. */
  marks: number
  outbox: number
  pages: number
  bytesPerEvent: number
}

function place(window: number, members: number, backlog: number): SharedMap {
  const capacity = window + backlog
  let end = L.AREAS + members * L.AREA_BYTES
  const take = (bytes: number): number => {
    const address = end
    // Whole cache lines, so that no two areas share one.
    end += Math.ceil(bytes / 64) * 64
    return address
  }
  const blocks = Math.ceil(capacity / L.BLOCK_SLOTS)
  const start = end
  const records = take(capacity * L.RECORD_BYTES)
  const stamps = take(capacity * 8)
  const cells = take(capacity * L.CELL_BYTES)
  const epochs = take(blocks * 4)
  // Lines of its own for each member, which looks at whole ones.
  const known = take(Math.ceil(blocks / 16) * 64 * members)
  const marks = backlog > 0 ? take(Math.ceil(capacity / 32) * 4) : 0
  const bytesPerEvent = Math.ceil((end - start) / capacity)
  const outbox = backlog > 0 ? take(L.POST_CELLS * L.POST_BYTES) : 0
  return {
    window,
    capacity,
    members,
    records,
    stamps,
    cells,
    epochs,
    known,
    blocks,
    marks,
    outbox,
    pages: Math.ceil(end / PAGE),
    bytesPerEvent,
  }
}

function largestCapacity(members: number, backlog: number): number {
  let low = 1
  let high = 2 ** 25
  while (low + 1 < high) {
    const middle = Math.floor((low + high) / 2)
    if (place(middle, members, backlog).pages * PAGE <= MEMORY_LIMIT) low = middle
    else high = middle
  }
  return low
}

/**
 * The map for `capacity` events and `members` threads; with a journal, of which `backlog` events may be unwritten.
 * @throws {InvalidArgumentError} if it does not fit into 4 GiB.
 */
export function sharedMap(capacity: number, members: number, backlog = 0): SharedMap {
  const map = capacity < 2 ** 25 ? place(capacity, members, backlog) : undefined
  if (map === undefined || map.pages * PAGE > MEMORY_LIMIT) {
    const most = largestCapacity(members, backlog)
    throw invalid('capacity', `be at most ${most} events, which fill the 4 GiB of linear memory`, capacity)
  }
  return map
}

/** Settings of the ring that all threads follow. */
export interface SharedSettings {
  requiredMask: number
  explicit: boolean
  idMode: number
  firstSeq: number
  fingerprint: number
  /** Whether a full ring is an error for writers, not something to wait for; with a journal. */
  fullThrows?: boolean
}

/** Writes the control block of a fresh memory. */
export function writeControl(memory: WebAssembly.Memory, map: SharedMap, settings: SharedSettings): void {
  const view = new DataView(memory.buffer)
  const put = (offset: number, value: number): void => view.setUint32(L.CONTROL + offset, value, true)
  put(L.S_VERSION, L.SHARED_VERSION)
  put(L.S_FINGERPRINT, settings.fingerprint)
  put(L.S_CAPACITY, map.capacity)
  put(L.S_MEMBERS, map.members)
  put(L.S_REQUIRED_MASK, settings.requiredMask)
  put(L.S_TAG_SHIFT, Math.floor(Math.log2(map.capacity)))
  const backlog = map.capacity - map.window
  // What may be claimed at a time is for several threads.
  const most = backlog === 0 ? MOST_CLAIMED : Math.min(MOST_CLAIMED, Math.max(1, Math.floor(backlog / 8)))
  put(L.S_CLAIM_LIMIT, Math.min(most, Math.max(1, Math.floor(map.capacity / 64))))
  put(L.S_RECORDS, map.records)
  put(L.S_STAMPS, map.stamps)
  put(L.S_CELLS, map.cells)
  put(L.S_EPOCHS, map.epochs)
  put(L.S_KNOWN, map.known)
  put(L.S_BLOCKS, map.blocks)
  put(L.S_EXPLICIT, settings.explicit ? 1 : 0)
  put(L.S_ID_MODE, settings.idMode)
  put(L.S_WINDOW, map.window)
  put(L.S_MARKS, map.marks)
  put(L.S_OUTBOX, map.outbox)
  put(L.S_FULL_THROWS, settings.fullThrows ? 1 : 0)
  for (const offset of [L.S_FIRST_SEQ, L.S_CLAIMED, L.S_FRONTIER]) {
    view.setBigInt64(L.CONTROL + offset, BigInt(settings.firstSeq), true)
  }
  // With a journal it is set once the window has been restored.
  view.setBigInt64(L.CONTROL + L.S_GATE, BigInt(SEQ_LIMIT), true)
  put(L.S_MAGIC, L.SHARED_MAGIC)
}

/** Whether a memory is of the size that this many slots and members need. */
export function fits(memory: WebAssembly.Memory, capacity: number, members: number, window: number): boolean {
  if (!(capacity >= 1 && capacity < 2 ** 25 && members >= 1 && members <= L.MOST_MEMBERS)) return false
  if (!(window >= 1 && window <= capacity)) return false
  return place(window, members, capacity - window).pages * PAGE === memory.buffer.byteLength
}
