import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { AppraiserType, EventFlags } from '../../../src/index.js'
import { FileColdStorage, openExperienceStream } from '../../../src/storage/index.node.js'
import { openStream } from '../durable/support.js'
import { openShared } from '../shared/support.js'
import { temporaryFolder } from '../support/folders.js'
import { loseJournal, PlainStore, windowOf } from './support.js'

describe('a directory without a journal', () => {
  test('gets window, metadata and numbering from the store, and has them without it from then on', async () => {
    const store = new PlainStore(250, { firstSeq: 5 })
    store.metadata.set(249, { intentType: 'explore', parameters: { depth: [1, 2] } })
    const stream = await openStream({ restoreFrom: store })
    const { restored, ...recovery } = stream.recovery
    expect(recovery).toMatchObject({ created: true, startSeq: 150, endSeq: 250, damage: [], torn: undefined })
    expect(restored).toMatchObject({ store: 'plain', startSeq: 150, endSeq: 250, events: 100 })
    expect(stream.identity).toEqual((await store.stored())?.identity)
    expect([stream.oldestSeq, stream.totalWritten, stream.capacity]).toEqual([150, 250, 100])
    for (const seq of [150, 179, 180, 249]) {
      expect(Buffer.from(stream.queryRange(seq, seq + 1).bytes)).toEqual(Buffer.from(store.record(seq)))
    }
    expect(stream.getMetadata(249)).toEqual({ intentType: 'explore', parameters: { depth: [1, 2] } })
    expect(stream.stats()).toMatchObject({ firstSeq: 5, written: 245, readable: 100, evicted: 145 })
    expect(stream.host.source.startPosition).toBe(77)
    const before = windowOf(stream)
    await stream.close()
    const again = await openStream({ directory: stream.directory })
    expect(windowOf(again)).toEqual(before)
    expect(again.recovery).toMatchObject({ created: false, restored: undefined })
    expect([again.writeEvent({ stepNumber: 1 }), again.setAppraiserReward(7, 0, 1)]).toEqual([250, 'corrected'])
  })

  test.each([
    [20, 230],
    [1000, 5],
  ])('restores what fits into a ring of %i events', async (capacity, startSeq) => {
    const store = new PlainStore(250, { firstSeq: 5 })
    const stream = await openStream({ restoreFrom: store, capacity })
    expect([stream.capacity, stream.oldestSeq, stream.totalWritten]).toEqual([capacity, startSeq, 250])
    for (let seq = startSeq; seq < 250; seq++) {
      expect(Buffer.from(stream.queryRange(seq, seq + 1).bytes)).toEqual(Buffer.from(store.record(seq)))
    }
  })

  test('begins a new stream where the store has none', async () => {
    const store = new FileColdStorage(temporaryFolder())
    const stream = await openStream({ restoreFrom: store })
    expect(stream.recovery).toMatchObject({ created: true, restored: undefined })
    expect(stream.writeEvent({})).toBe(0)
  })

  test('of files that were opened for a stream, and got nothing of it, is that stream', async () => {
    const first = await openStream({ capacity: 10 })
    const store = new FileColdStorage(temporaryFolder())
    await store.open(first.identity)
    const stream = await openStream({ restoreFrom: store })
    expect([stream.identity, stream.writeEvent({})]).toEqual([first.identity, 0])
    await stream.follow(store).flush()
    expect(await store.count(0, 10)).toBe(1)
    await stream.close()
    await store.close()
  })

  test('of a store that has a stream without events goes on with its id and first number', async () => {
    const store = new PlainStore(5, { firstSeq: 5 })
    const stream = await openStream({ restoreFrom: store })
    expect([stream.size, stream.writeEvent({}), stream.identity.firstSeq]).toEqual([0, 5, 5])
  })

  test('keeps the reasons of gaps, and begins its window behind them as recovery does', async () => {
    const store = new PlainStore(100)
    store.gone = [
      { start: 20, end: 30, reason: 'damaged' },
      { start: 60, end: 61, reason: 'aborted' },
      { start: 95, end: 100, reason: 'missed' },
    ]
    const stream = await openStream({ restoreFrom: store })
    expect([stream.size, stream.totalWritten, stream.recovery.restored?.events]).toEqual([0, 100, 84])
    const { source } = stream.host
    source.refresh()
    expect(source.gaps(0, 100)).toEqual([
      { start: 20, end: 30, reason: 'damaged' },
      { start: 60, end: 61, reason: 'aborted' },
      { start: 95, end: 100, reason: 'damaged' },
    ])
    store.gone.pop()
    const plain = await openStream({ restoreFrom: store })
    expect([plain.oldestSeq, plain.size]).toEqual([61, 39])
    const shared = await openShared({ restoreFrom: store })
    expect([shared.oldestSeq, shared.getEvent(60), shared.getEvent(59)?.seq]).toEqual([30, undefined, 59])
  })

  test('is restored into a shared ring as well', async () => {
    const store = new PlainStore(250)
    const plain = await openStream({ restoreFrom: store })
    const shared = await openShared({ restoreFrom: store })
    expect(windowOf(shared)).toEqual(windowOf(plain))
    expect(shared.writeEvent({ stepNumber: 9 })).toBe(250)
    await shared.durable()
    await shared.close()
    const again = await openStream({ directory: shared.directory })
    expect([again.getEvent(250)?.stepNumber, again.getEvent(249)]).toEqual([9, plain.getEvent(249)])
  })
})

describe('what restoring refuses', () => {
  const opening = (options: object, directory = temporaryFolder()) => openExperienceStream({ directory, ...options })

  test('a store of which nothing can be asked', async () => {
    for (const restoreFrom of [null, 'memory', { query: () => [] }, { stored: async () => undefined }]) {
      await expect(opening({ restoreFrom })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    }
  })

  test('other appraisers than those of the stream, a stream that no journal wrote, and events out of order', async () => {
    const directory = temporaryFolder()
    const store = new PlainStore(100)
    await expect(opening({ restoreFrom: store, appraisers: [AppraiserType.Goal] }, directory)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
    store.origin = 'direct'
    await expect(opening({ restoreFrom: store }, directory)).rejects.toMatchObject({ code: 'STORE_MISMATCH' })
    for (const checkpoint of [
      { seq: -1, position: 0 },
      { seq: 5, position: 0.5 },
    ]) {
      const broken = opening({ restoreFrom: new PlainStore(5, { firstSeq: 0 }, checkpoint) }, directory)
      await expect(broken).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    }
    const twice = new PlainStore(100)
    const once = twice.query.bind(twice)
    twice.query = async function* (query) {
      yield* once(query)
      yield* once(query)
    }
    await expect(opening({ restoreFrom: twice }, directory)).rejects.toThrow('it gave event 0 where one of [100, 100)')
    const stream = await openStream({ directory, restoreFrom: new PlainStore(100) })
    expect(stream.totalWritten).toBe(100)
  })

  test('a store that somebody else moves meanwhile; the next attempt begins again', async () => {
    const directory = temporaryFolder()
    const store = new PlainStore(100)
    const { stored } = store
    store.before = () => {
      store.stored = async () => {
        const before = await stored.call(store)
        return before && { ...before, checkpoint: { seq: 101, position: 90 } }
      }
    }
    await expect(opening({ restoreFrom: store }, directory)).rejects.toThrow('somebody else still writes its stream')
    expect(existsSync(join(directory, 'journal.restoring'))).toBe(false)
    const stream = await openStream({ directory, restoreFrom: new PlainStore(100) })
    expect(stream.totalWritten).toBe(100)
  })

  test('nothing where there is a journal: that is the truth, and the store is not asked', async () => {
    const first = await openStream({ capacity: 10 })
    first.writeEvent({ stepNumber: 3 })
    await first.close()
    const store = new PlainStore(100)
    const stream = await openStream({ directory: first.directory, restoreFrom: store })
    expect([stream.totalWritten, stream.identity, store.asked]).toEqual([1, first.identity, []])
    expect(stream.recovery).toMatchObject({ created: false, restored: undefined })
  })
})

test('a failure of the store in the middle leaves nothing, and comes as it is', async () => {
  const directory = temporaryFolder()
  const store = new PlainStore(100)
  store.before = (batch) => {
    if (batch === 2) throw new RangeError('the line is cut')
  }
  await expect(openExperienceStream({ directory, restoreFrom: store })).rejects.toThrow(
    new RangeError('the line is cut'),
  )
  expect([existsSync(join(directory, 'journal.restoring')), existsSync(join(directory, 'LOCK'))]).toEqual([
    false,
    false,
  ])
  store.before = () => {}
  expect((await openStream({ directory, restoreFrom: store })).totalWritten).toBe(100)
})

test('what a crash has left, of restoring as of a journal that was never used, is in nobody’s way', async () => {
  const directory = temporaryFolder()
  for (const folder of ['journal', 'journal.restoring']) {
    mkdirSync(join(directory, folder))
    writeFileSync(join(directory, folder, 'journal-0000000000.esj'), Buffer.alloc(64))
  }
  const stream = await openStream({ directory, restoreFrom: new PlainStore(100) })
  expect([stream.totalWritten, existsSync(join(directory, 'journal.restoring'))]).toEqual([100, false])
  await stream.close()
  mkdirSync(join(directory, 'journal.restoring'))
  await openStream({ directory })
  expect(existsSync(join(directory, 'journal.restoring'))).toBe(false)
})

describe('the store that a stream was restored from', () => {
  test('goes on following: every event once, late rewards of restored and of older events included', async () => {
    const directory = temporaryFolder()
    const cold = join(directory, 'cold')
    const options = { directory, capacity: 50, settleMs: 0 }
    const first = await openStream(options)
    const store = new FileColdStorage(cold, { format: 'messagepack' })
    const follower = first.follow(store)
    for (let i = 0; i < 120; i++) first.writeEvent({ stepNumber: i, timestamp: i * 1e9 })
    await first.writeEventWithMetadata({ stepNumber: 120 }, { intentType: 'jump' })
    await follower.flush()
    for (let seq = 60; seq < 121; seq++) first.setAppraiserReward(seq, AppraiserType.Goal, seq / 8)
    await follower.flush()
    const before = windowOf(first)
    await first.close()
    await store.close()
    loseJournal(directory)

    const second = new FileColdStorage(cold, { format: 'messagepack' })
    const stream = await openStream({ ...options, restoreFrom: second })
    expect(windowOf(stream)).toEqual(before)
    for (const appraiser of [0, 1, 2] as const) stream.setAppraiserReward(99, appraiser, 0)
    expect(
      [stream.getEvent(99), stream.getEvent(98)].map((event) => event!.flags & EventFlags.FULLY_APPRAISED),
    ).toEqual([EventFlags.FULLY_APPRAISED, 0])
    const reports: unknown[] = []
    const again = stream.follow(second, { onReport: (report) => reports.push(report) })
    for (let i = 121; i < 200; i++) stream.writeEvent({ stepNumber: i })
    expect(stream.setAppraiserReward(3, AppraiserType.Curiosity, 3)).toBe('corrected')
    for (let seq = 100; seq < 121; seq++) stream.setAppraiserReward(seq, AppraiserType.Curiosity, -seq)
    await again.flush()
    expect(reports).toEqual([])
    const rows = (await stream.history.query().toArray()).map(({ seq, stepNumber, rewardGoal, rewardCuriosity }) => [
      seq,
      stepNumber,
      rewardGoal,
      rewardCuriosity,
    ])
    const expected = Array.from({ length: 200 }, (_, i) => [
      i,
      i,
      i >= 60 && i < 121 ? i / 8 : 0,
      i === 3 ? 3 : i >= 100 && i < 121 ? -i : 0,
    ])
    expect(rows).toEqual(expected)
    await stream.close()
    const stored: number[][] = []
    for await (const { seqs, bytes } of second.query({})) {
      const view = new DataView(bytes.buffer, bytes.byteOffset)
      seqs.forEach((seq, i) => {
        stored.push([
          seq,
          view.getUint32(i * 128 + 32, true),
          view.getFloat32(i * 128 + 116, true),
          view.getFloat32(i * 128 + 108, true),
        ])
      })
    }
    expect(stored).toEqual(expected)
    await second.close()
    const third = await openStream({ directory })
    expect([third.oldestSeq, third.totalWritten, third.getEvent(199)?.stepNumber]).toEqual([150, 200, 199])
  })

  test('may also be read only, and another one that is behind gets what the window has', async () => {
    const directory = temporaryFolder()
    const first = await openStream({ directory, capacity: 50, settleMs: 0 })
    const [far, near] = ['far', 'near'].map((name) => new FileColdStorage(join(directory, name), { name }))
    const ahead = first.follow(far!)
    const behind = first.follow(near!)
    for (let i = 0; i < 80; i++) first.writeEvent({ stepNumber: i })
    await behind.flush()
    await behind.close()
    for (let i = 80; i < 160; i++) first.writeEvent({ stepNumber: i })
    await ahead.flush()
    await first.close()
    await far!.close()
    loseJournal(directory)
    const reader = await FileColdStorage.read(join(directory, 'far'))
    const stream = await openStream({ directory, restoreFrom: reader, settleMs: 0 })
    await reader.close()
    const reports: { kind: string; gap?: unknown }[] = []
    await stream.follow(near!, { onReport: (report) => reports.push(report) }).flush()
    expect(reports.map(({ kind }) => kind)).toEqual(['missed', 'missed-corrections'])
    expect(reports[0]?.gap).toEqual({ start: 80, end: 110, reason: 'missed' })
    await stream.follow(far!).flush()
    expect([await near!.count(0, 160), await far!.count(0, 160)]).toEqual([130, 160])
    await stream.close()
    for (const store of [near!, far!]) await store.close()
  })
})
