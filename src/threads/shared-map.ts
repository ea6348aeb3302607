/**
 * Where everything lies in the memory of a shared ring. Computed once by who creates it and written into the control
 * block, from which every thread reads it.
 *
 * @module
 */

import { invalid } from '../errors.js'
import * as L from '../layout.js'

const PAGE = 65536
/** Addresses are 32 bits; the last page stays free, so that an end address fits as well. */
const MEMORY_LIMIT = 65535 * PAGE
const MOST_CLAIMED = 1024

/** Sizes in events or entries, addresses in bytes. */
export interface SharedMap {
  capacity: number
  members: number
  records: number
  stamps: number
  cells: number
  epochs: number
  known: number
  blocks: number
  pages: number
  bytesPerEvent: number
}

function place(capacity: number, members: number): SharedMap {
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
  const bytesPerEvent = Math.ceil((end - start) / capacity)
  return {
    capacity,
    members,
    records,
    stamps,
    cells,
    epochs,
    known,
    blocks,
    pages: Math.ceil(end / PAGE),
    bytesPerEvent,
  }
}

function largestCapacity(members: number): number {
  let low = 1
  let high = 2 ** 25
  while (low + 1 < high) {
    const middle = Math.floor((low + high) / 2)
    if (place(middle, members).pages * PAGE <= MEMORY_LIMIT) low = middle
    else high = middle
  }
  return low
}

/**
 * The map for `capacity` events and `members` threads.
 * @throws {InvalidArgumentError} if it does not fit into 4 GiB.
 */
export function sharedMap(capacity: number, members: number): SharedMap {
  const map = capacity < 2 ** 25 ? place(capacity, members) : undefined
  if (map === undefined || map.pages * PAGE > MEMORY_LIMIT) {
    const most = largestCapacity(members)
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
  put(L.S_CLAIM_LIMIT, Math.min(MOST_CLAIMED, Math.max(1, Math.floor(map.capacity / 64))))
  put(L.S_RECORDS, map.records)
  put(L.S_STAMPS, map.stamps)
  put(L.S_CELLS, map.cells)
  put(L.S_EPOCHS, map.epochs)
  put(L.S_KNOWN, map.known)
  put(L.S_BLOCKS, map.blocks)
  put(L.S_EXPLICIT, settings.explicit ? 1 : 0)
  put(L.S_ID_MODE, settings.idMode)
  for (const offset of [L.S_FIRST_SEQ, L.S_CLAIMED, L.S_FRONTIER]) {
    view.setBigInt64(L.CONTROL + offset, BigInt(settings.firstSeq), true)
  }
  put(L.S_MAGIC, L.SHARED_MAGIC)
}

/** The largest member number that a memory of this size can hold. */
export function fits(memory: WebAssembly.Memory, capacity: number, members: number): boolean {
  if (!(capacity >= 1 && capacity < 2 ** 25 && members >= 1 && members <= L.MOST_MEMBERS)) return false
  return place(capacity, members).pages * PAGE === memory.buffer.byteLength
}
