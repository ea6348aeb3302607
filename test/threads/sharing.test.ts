/**
 * Letting threads into a ring: handles, attaching, places, and everything that is refused.
 *
 * @module
 */

import { afterEach, describe, expect, test } from 'vitest'
import { Crew } from './support/crew.mjs'
import {
  AppraiserType,
  ClosedError,
  EventFlags,
  ExperienceStream,
  InvalidArgumentError,
  LayoutMismatchError,
  layout,
  type Stream,
  type StreamHandle,
} from './support/library.mjs'
import { faultOfEvent, faultsOf, write } from './support/payload.mjs'

const crew = new Crew()
afterEach(() => crew.dismiss())

function shared(options: Parameters<typeof ExperienceStream.create>[0] = {}): Promise<Stream> {
  return ExperienceStream.create({ capacity: 100, shared: true, ...options })
}

async function errorOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => expect.unreachable('nothing was thrown'),
    (error: Error) => error,
  )
}

describe('a handle', () => {
  test('is refused for a worker that has exited, whose end would never be heard of', async () => {
    const stream = await shared({ maxThreads: 2 })
    const { worker } = crew.hire()
    await worker.terminate()
    expect(() => stream.handle({ worker })).toThrow('worker must be running, got')
    expect(stream.stats().threads?.members).toHaveLength(1)
    await stream.close()
  })

  test('goes through postMessage to a worker, which then reads what this thread wrote and the other way round', async () => {
    const stream = await shared()
    write(stream, 0, 0)
    const hand = crew.hire()
    const handle = stream.handle({ worker: hand.worker })
    expect({ ...handle }).toEqual({
      kind: 'experience-stream',
      writerId: 1,
      fingerprint: expect.any(Number),
      memory: expect.any(WebAssembly.Memory),
    })
    await hand.ask('attach', handle)
    expect(await hand.ask('call', 'getEvent', 0)).toEqual(stream.getEvent(0))
    const [seq] = await hand.ask('writeEvents', { writer: 1, count: 1 })
    expect(seq).toBe(1)
    expect(faultOfEvent(stream.getEvent(1)!)).toBeUndefined()
  })

  test('goes through structuredClone and lets several streams of one thread take part', async () => {
    const stream = await shared()
    const others = await Promise.all(
      [stream.handle(), stream.handle()].map((handle) => ExperienceStream.attach(structuredClone(handle))),
    )
    const streams = [stream, ...others]
    const seqs = streams.flatMap((each, writer) => [write(each, writer, 0), write(each, writer, 1)])
    expect(new Set(seqs).size).toBe(6)
    await Promise.all(others.map((other) => other.close()))
    for (const seq of seqs) expect(faultOfEvent(stream.getEvent(seq)!)).toBeUndefined()
  })

  test('is good for one attachment, whoever comes first', async () => {
    const stream = await shared()
    const handle = stream.handle()
    const results = await Promise.allSettled([ExperienceStream.attach(handle), ExperienceStream.attach(handle)])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const error = await errorOf(ExperienceStream.attach(handle))
    expect(error).toBeInstanceOf(InvalidArgumentError)
    expect(error.message).toMatch(`the handle of writer ${handle.writerId} has been attached or retired before`)
    const hand = crew.hire()
    await expect(hand.ask('attach', handle)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  test('that was retired, and one whose user has left again, is used up', async () => {
    const stream = await shared()
    const retired = stream.handle()
    expect(stream.retire(retired.writerId)).toBe(true)
    expect(await errorOf(ExperienceStream.attach(retired))).toBeInstanceOf(InvalidArgumentError)
    const used = stream.handle()
    await (await ExperienceStream.attach(used)).close()
    expect(await errorOf(ExperienceStream.attach(used))).toBeInstanceOf(InvalidArgumentError)
    const next = stream.handle()
    expect(next.writerId % layout.MOST_MEMBERS).toBe(used.writerId % layout.MOST_MEMBERS)
    expect(next.writerId).not.toBe(used.writerId)
    await (await ExperienceStream.attach(next)).close()
  })

  test('of another kind, version, size or place is refused, and the place stays free for the right one', async () => {
    const stream = await shared()
    const handle = stream.handle()
    const refused: [object | null, abstract new (...args: never[]) => Error, string][] = [
      [null, InvalidArgumentError, 'be made by handle() of a shared stream, got null'],
      [{}, InvalidArgumentError, 'be made by handle()'],
      [{ ...handle, kind: 'other' }, InvalidArgumentError, 'be made by handle()'],
      [{ ...handle, memory: undefined }, InvalidArgumentError, 'handle.memory must be the shared memory of a stream'],
      [{ ...handle, memory: new WebAssembly.Memory({ initial: 1 }) }, InvalidArgumentError, 'be the shared memory'],
      [{ ...handle, writerId: -1 }, InvalidArgumentError, 'handle.writerId must be an integer'],
      [{ ...handle, writerId: 1.5 }, InvalidArgumentError, 'handle.writerId must be an integer'],
      [{ ...handle, writerId: 2 ** 40 }, InvalidArgumentError, 'handle.writerId must be an integer'],
      [{ ...handle, writerId: 200 }, InvalidArgumentError, 'handle.memory must be of the size'],
      [{ ...handle, writerId: 5 }, InvalidArgumentError, 'has been attached or retired before'],
      [{ ...handle, writerId: 256 + handle.writerId }, InvalidArgumentError, 'has been attached or retired before'],
      [{ ...handle, fingerprint: handle.fingerprint + 1 }, LayoutMismatchError, 'handle.fingerprint'],
      [{ ...handle, fingerprint: undefined }, LayoutMismatchError, 'handle.fingerprint'],
    ]
    for (const [wrong, kind, words] of refused) {
      const error = await errorOf(ExperienceStream.attach(wrong as StreamHandle))
      expect(error, words).toBeInstanceOf(kind)
      expect(error.message).toContain(words)
    }
    const attached = await ExperienceStream.attach(handle)
    expect(stream.stats().threads?.members).toHaveLength(2)
    await attached.close()
  })

  test('of a memory that is no ring, or not the whole of one, is refused', async () => {
    const handle = (await shared()).handle()
    const { memory } = handle
    const pages = memory.buffer.byteLength / 65536
    const withPages = (count: number): WebAssembly.Memory => {
      const other = new WebAssembly.Memory({ initial: count, maximum: count, shared: true })
      const length = Math.min(memory.buffer.byteLength, other.buffer.byteLength)
      new Uint8Array(other.buffer).set(new Uint8Array(memory.buffer, 0, length))
      return other
    }
    for (const count of [pages - 1, pages + 1, 2]) {
      const error = await errorOf(ExperienceStream.attach({ ...handle, memory: withPages(count) }))
      expect(error).toBeInstanceOf(InvalidArgumentError)
      expect(error.message).toContain('handle.memory must be of the size that its 100 events need')
    }
    const control = [layout.S_MAGIC, layout.S_FINGERPRINT]
    const changes = control.map((offset) => {
      const other = withPages(pages)
      new Uint8Array(other.buffer)[layout.CONTROL + offset]! ^= 1
      return other
    })
    for (const other of [...changes, new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })]) {
      expect(await errorOf(ExperienceStream.attach({ ...handle, memory: other }))).toBeInstanceOf(LayoutMismatchError)
    }
  })

  test('of a stream that has been closed is refused', async () => {
    const stream = await shared()
    const handle = stream.handle()
    await stream.close()
    expect(await errorOf(ExperienceStream.attach(handle))).toBeInstanceOf(ClosedError)
    expect(() => stream.handle()).toThrow(ClosedError)
    expect(() => stream.retire(handle.writerId)).toThrow(ClosedError)
  })
})

describe('places', () => {
  test('run out, and come back when a thread closes its stream or exits, or its handle is retired', async () => {
    const stream = await shared({ maxThreads: 3 })
    const hand = crew.hire()
    const unused = stream.handle()
    await hand.join(stream)
    expect(() => stream.handle()).toThrow('all 3 places for threads are taken; create the stream with more maxThreads')
    stream.retire(unused.writerId)
    const other = await ExperienceStream.attach(stream.handle())
    expect(() => stream.handle()).toThrow(InvalidArgumentError)
    await other.close()
    stream.handle()
    expect(() => stream.handle()).toThrow(InvalidArgumentError)
    await hand.end()
    stream.handle()
    expect(() => stream.handle()).toThrow(InvalidArgumentError)
  })

  test('keep the totals of those who had them before', async () => {
    const stream = await shared({ maxThreads: 2 })
    for (let round = 0; round < 5; round++) {
      const other = await ExperienceStream.attach(stream.handle())
      for (let i = 0; i < 30; i++) write(other, round, i)
      other.setAppraiserReward(other.totalWritten - 1, AppraiserType.Goal, 1)
      await other.close()
    }
    const { written, readable, evicted, rewards, threads } = stream.stats()
    expect([written, readable, evicted, rewards.applied, threads?.claimed]).toEqual([150, 100, 50, 5, 150])
    expect(threads?.members).toHaveLength(1)
  })

  test('give nothing of a half-filled event to who has them next', async () => {
    const stream = await shared({ maxThreads: 2 })
    const first = await ExperienceStream.attach(stream.handle())
    first.writer.state.fill(7)
    first.writer.action.fill(8)
    first.writer.rewardGoal = 9
    await first.close()
    const second = await ExperienceStream.attach(stream.handle())
    const event = stream.getEvent(second.writer.commit())
    expect(event).toMatchObject({ state: new Float32Array(8), action: new Float32Array(8), totalReward: 0 })
    expect(stream.getEvent(second.writeEvent({}))?.state).toEqual(new Float32Array(8))
  })

  test('stay with a closed stream until its subscriptions have ended, which still get what was written', async () => {
    const stream = await shared({ maxThreads: 2 })
    const first = await ExperienceStream.attach(stream.handle())
    const subscription = first.subscribe()
    for (let i = 0; i < 5; i++) write(stream, 0, i)
    await first.close()
    expect(() => stream.handle()).toThrow(InvalidArgumentError)
    const batch = subscription.poll()
    expect([...batch.seqs, ...faultsOf(batch)]).toEqual([0, 1, 2, 3, 4])
    subscription.close()
    expect(stream.handle().writerId).toBe(257)
  })

  test('are out of reach of who had them before: asking a closed stream does not touch the claim of the next', async () => {
    const stream = await shared({ maxThreads: 2, capacity: 6400 })
    const first = await ExperienceStream.attach(stream.handle())
    const subscription = first.subscribe()
    await first.close()
    subscription.close()
    const second = await ExperienceStream.attach(stream.handle())
    for (let i = 0; i < 4; i++) write(second, 1, i)
    const claim = () => stream.stats().threads?.members[1]?.claim
    expect(claim()).toEqual({ start: 4, end: 7 })
    void [first.totalWritten, first.size, first.oldestSeq, subscription.lag, subscription.stats()]
    expect(claim()).toEqual({ start: 4, end: 7 })
  })
})

describe('a thread that attaches', () => {
  test('gets the settings of the ring, and brings its own clock, seed and lag', async () => {
    const stream = await shared({
      appraisers: [AppraiserType.Curiosity, AppraiserType.Goal],
      priority: 'explicit',
      ids: 'v7',
    })
    const options = { clock: () => 1_700_000_000_000_000, seed: 3, maxLag: 10 }
    const other = await ExperienceStream.attach(stream.handle(), options)
    expect(other.capacity).toBe(100)
    const subscription = other.subscribe({ from: 'oldest' })
    const seq = other.writeEvent({})
    expect(stream.getEvent(seq)?.eventId).toMatch(/^018bcfe5-6800-7/)
    expect(other.setPriorities([seq], [2])).toEqual({ applied: 1, corrected: 0, evicted: 0 })
    other.setAppraiserReward(seq, AppraiserType.Curiosity, 1)
    expect(stream.getEvent(seq)!.flags & EventFlags.FULLY_APPRAISED).toBe(0)
    stream.setAppraiserReward(seq, AppraiserType.Goal, 1)
    expect(other.getEvent(seq)!.flags & EventFlags.FULLY_APPRAISED).not.toBe(0)
    for (let i = 0; i < 49; i++) stream.writeEvent({})
    expect([subscription.poll().start, subscription.missed]).toEqual([40, 40])
    await other.close()
  })

  test('with options that are wrong is refused without using the handle up', async () => {
    const stream = await shared()
    const handle = stream.handle()
    const wrong: [object, string][] = [
      [{ capacity: 5 }, 'capacity'],
      [{ seed: -1 }, 'seed'],
      [{ clock: 'fast' }, 'clock'],
      [{ maxLag: 0 }, 'maxLag'],
    ]
    for (const [options, word] of wrong) {
      const error = await errorOf(ExperienceStream.attach(handle, options))
      expect(error).toBeInstanceOf(InvalidArgumentError)
      expect(error.message).toContain(word)
    }
    await (await ExperienceStream.attach(handle)).close()
  })

  test('leaves the ring to the others when it closes; who made the ring closes it for all', async () => {
    const stream = await shared()
    const [hand] = await crew.join(stream, 1)
    const other = await ExperienceStream.attach(stream.handle())
    await other.close()
    expect(() => other.writeEvent({})).toThrow(ClosedError)
    expect(stream.writeEvent({})).toBe(0)
    expect(await hand!.ask('writeEvents', { writer: 1, count: 1 })).toEqual(Float64Array.of(1))
    await stream.close()
    await expect(hand!.ask('writeEvents', { writer: 1, count: 1 })).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(hand!.ask('call', 'getEvent', 0)).rejects.toMatchObject({ code: 'CLOSED' })
  })
})

describe('what does not go with a shared ring', () => {
  test('createSync, a module of one’s own, and sizes that do not fit are refused', async () => {
    expect(() => ExperienceStream.createSync({ shared: true })).toThrow('shared must be false for createSync')
    const module = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0))
    expect((await errorOf(shared({ module }))).message).toContain('module cannot be given with shared: true')
    for (const options of [{ maxThreads: 0 }, { maxThreads: 257 }, { capacity: 2 ** 25 }]) {
      expect(await errorOf(shared(options))).toBeInstanceOf(InvalidArgumentError)
    }
  })

  test('a plain stream has no handles and nobody to retire', async () => {
    const plain = await ExperienceStream.create({ capacity: 10 })
    expect(() => plain.handle()).toThrow(InvalidArgumentError)
    expect(() => plain.retire(0)).toThrow(InvalidArgumentError)
    expect(() => plain.handle()).toThrow('shared: true')
  })

  test('handle and retire check what they are given', async () => {
    const stream = await shared()
    const wrong: [() => unknown, string][] = [
      [() => stream.handle({ worker: {} as never }), 'worker must be a Worker of node:worker_threads'],
      [() => stream.handle({ thread: 1 } as never), 'thread'],
      [() => stream.retire(-1), 'writerId must be an integer'],
      [() => stream.retire('1' as never), 'writerId must be an integer'],
      [() => stream.retire(1, { dead: true } as never), 'dead'],
      [() => stream.retire(1, { ended: 1 as never }), 'ended must be'],
      [() => stream.retire(0), "writerId 0 is this thread's own; close its stream instead"],
    ]
    for (const [call, words] of wrong) {
      expect(call).toThrow(InvalidArgumentError)
      expect(call).toThrow(words)
    }
    expect(stream.retire(1)).toBe(false)
    expect(stream.retire(255)).toBe(false)
    expect(stream.stats().threads?.members).toHaveLength(1)
  })

  test('a platform without SharedArrayBuffer gets an error that names the headers a page needs', async () => {
    const hand = crew.hire()
    await hand.ask('forget', 'SharedArrayBuffer')
    for (const task of [hand.ask('create', { capacity: 10 }), hand.ask('attach', {})]) {
      const error = await errorOf(task)
      expect(error.name).toBe('SharedMemoryUnavailableError')
      expect(error).toMatchObject({ code: 'SHARED_MEMORY_UNAVAILABLE' })
      expect(error.message).toContain('Cross-Origin-Opener-Policy: same-origin')
      expect(error.message).toContain('Cross-Origin-Embedder-Policy: require-corp')
    }
  })
})
