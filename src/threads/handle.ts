/**
 * Handles: how another thread finds the ring. A handle reserves a place; attaching takes it, once.
 *
 * @module
 */

import { ClosedError, InvalidArgumentError, invalid, LayoutMismatchError } from '../errors.js'
import * as L from '../layout.js'
import type { ThreadsPart } from '../stream/parts.js'
import type { HandleOptions, RetireOptions, StreamHandle } from '../stream/types.js'
import { assertBoolean, assertInteger, assertKeys } from '../stream/validate.js'
import { FINGERPRINT, generationOf, indexOf, SharedKernel } from './shared-kernel.js'
import { fits } from './shared-map.js'
import type { SharedRing } from './shared-ring.js'

const KIND = 'experience-stream'

/** The largest writer id: a place and how often it was given away, which is counted in 32 bits. */
const LARGEST_ID = 2 ** 32 * L.MOST_MEMBERS - 1

/** Gives out handles and retires who came by them. */
export class Doors implements ThreadsPart {
  private readonly ring: SharedRing

  constructor(ring: SharedRing) {
    this.ring = ring
  }

  handle(options: HandleOptions): StreamHandle {
    assertKeys(options, 'options', ['worker'])
    const { worker } = options
    if (worker !== undefined && typeof worker?.once !== 'function') {
      throw invalid('worker', "be a Worker of node:worker_threads, whose 'exit' can be waited for", worker)
    }
    // What node:worker_threads says of a thread that has exited: its exit would be waited for in vain.
    if (worker?.threadId === -1) throw invalid('worker', 'be running', 'a worker that has exited')
    const { kernel } = this.ring
    const writerId = kernel.reserve()
    // Also after this thread has left: the ring may go on without it.
    worker?.once('exit', () => kernel.core.retire(indexOf(writerId), generationOf(writerId), 1))
    return { kind: KIND, writerId, fingerprint: FINGERPRINT, memory: kernel.memory }
  }

  retire(writerId: number, options: RetireOptions): boolean {
    assertInteger(writerId, 'writerId', 0, LARGEST_ID)
    assertKeys(options, 'options', ['ended'])
    const { ended = false } = options
    assertBoolean(ended, 'ended')
    if (writerId === this.ring.writerId) {
      throw new InvalidArgumentError(`writerId ${writerId} is this thread's own; close its stream instead`)
    }
    const index = indexOf(writerId)
    const members = this.ring.kernel.control(L.S_MEMBERS)
    return index < members && this.ring.kernel.core.retire(index, generationOf(writerId), ended ? 1 : 0) !== 0
  }

  release(): void {
    this.ring.kernel.core.release()
  }
}

/** Checks a handle and takes its place in the ring. */
export async function enter(handle: StreamHandle): Promise<SharedKernel> {
  const memory = checked(handle)
  const { writerId } = handle
  const kernel = await SharedKernel.open(memory, indexOf(writerId))
  if (Atomics.load(kernel.words, (L.CONTROL + L.S_CLOSED) >>> 2) !== 0) throw new ClosedError('stream')
  if (kernel.core.enter(generationOf(writerId)) === 0) {
    throw new InvalidArgumentError(
      `the handle of writer ${writerId} has been attached or retired before; a handle is good for one attachment`,
      { writerId },
    )
  }
  return kernel
}

/** The memory of a handle that is one of this version. */
function checked(handle: unknown): WebAssembly.Memory {
  if (typeof handle !== 'object' || handle === null || (handle as StreamHandle).kind !== KIND) {
    throw invalid('handle', 'be made by handle() of a shared stream', handle)
  }
  const { memory, fingerprint, writerId } = handle as StreamHandle
  if (!(memory instanceof WebAssembly.Memory) || !(memory.buffer instanceof SharedArrayBuffer)) {
    throw invalid('handle.memory', 'be the shared memory of a stream', memory)
  }
  assertInteger(writerId, 'handle.writerId', 0, LARGEST_ID)
  if (fingerprint !== FINGERPRINT) throw new LayoutMismatchError('handle.fingerprint', Number(fingerprint), FINGERPRINT)
  const view = new DataView(memory.buffer)
  const word = (offset: number): number => {
    return L.CONTROL + offset + 4 <= view.byteLength ? view.getUint32(L.CONTROL + offset, true) : 0
  }
  if (word(L.S_MAGIC) !== L.SHARED_MAGIC) throw new LayoutMismatchError('SHARED_MAGIC', word(L.S_MAGIC), L.SHARED_MAGIC)
  const inside = word(L.S_FINGERPRINT)
  if (inside !== FINGERPRINT) throw new LayoutMismatchError('layout fingerprint', inside, FINGERPRINT)
  const members = word(L.S_MEMBERS)
  if (!fits(memory, word(L.S_CAPACITY), members, word(L.S_WINDOW)) || indexOf(writerId) >= members) {
    throw invalid('handle.memory', `be of the size that its ${word(L.S_CAPACITY)} events need`, view.byteLength)
  }
  return memory
}
