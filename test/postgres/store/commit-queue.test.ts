import { describe, expect, test } from 'vitest'
import { CommitQueue } from '../../../src/postgres/store/commit-queue.js'
import type { Checkpoint, ColdBatch } from '../../../src/storage/cold/cold-storage.js'
import { NO_CORRECTIONS } from '../../../src/storage/cold/correction-lists.js'
import { makeCorrections, makeEvents } from '../../../src/testing/events.js'

interface Group {
  readonly batch: ColdBatch
  readonly from: Checkpoint
  readonly to: Checkpoint
  readonly signal: AbortSignal | undefined
  end(error?: Error): void
}

/** A queue whose commits end when the test says so. */
function queueAt(seq: number, writes = true): { queue: CommitQueue; groups: Group[]; waiting: (() => void)[] } {
  const groups: Group[] = []
  const waiting: (() => void)[] = []
  const queue = new CommitQueue((batch, from, to, writing, signal) => {
    writes ? writing() : waiting.push(writing)
    return new Promise((resolve, reject) => {
      groups.push({ batch, from, to, signal, end: (error) => (error ? reject(error) : resolve()) })
    })
  })
  queue.begin({ seq, position: 0 }, 0b1111)
  return { queue, groups, waiting }
}

function eventsBatch(start: number, end: number, corrections = NO_CORRECTIONS): ColdBatch {
  return { events: makeEvents(start, end), corrections, gaps: [] }
}

async function turns(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

describe('what is accepted', () => {
  test('is committed at once, and together while a commit is under way', async () => {
    const { queue, groups } = queueAt(0)
    await queue.accept(eventsBatch(0, 5), { seq: 5, position: 1 }, undefined)
    await queue.accept(eventsBatch(5, 8), { seq: 8, position: 2 }, undefined)
    await queue.accept(eventsBatch(8, 9), { seq: 9, position: 4 }, undefined)
    expect(groups.map(({ from, to }) => [from.seq, to.seq])).toEqual([[0, 5]])
    groups[0]?.end()
    await turns()
    expect(groups[1]).toMatchObject({ from: { seq: 5, position: 1 }, to: { seq: 9, position: 4 } })
    expect(Array.from(groups[1]?.batch.events.seqs ?? [])).toEqual([5, 6, 7, 8])
    expect(groups[1]?.batch.events.bytes).toEqual(makeEvents(5, 9).bytes)
    groups[1]?.end()
    await queue.drain()
    expect(groups.length).toBe(2)
  })

  test('is a copy: what the caller does with its memory afterwards changes nothing', async () => {
    const { queue, groups } = queueAt(0)
    const batch = eventsBatch(0, 5)
    const before = batch.events.bytes.slice()
    await queue.accept(batch, { seq: 5, position: 1 }, undefined)
    batch.events.bytes.fill(0)
    expect(groups[0]?.batch.events.bytes).toEqual(before)
  })

  test('has its late rewards in it, and hands on those of events that are committed', async () => {
    const { queue, groups } = queueAt(3)
    await queue.accept(eventsBatch(3, 4), { seq: 4, position: 1 }, undefined)
    await queue.accept(eventsBatch(4, 6), { seq: 6, position: 2 }, undefined)
    const late = makeCorrections([
      [1, 0, 0.25],
      [5, 1, 0.75],
    ])
    await queue.accept(eventsBatch(6, 7, late), { seq: 7, position: 3 }, undefined)
    groups[0]?.end()
    await turns()
    const { events, corrections } = (groups[1] as Group).batch
    expect(Array.from(corrections.seqs.subarray(0, corrections.length))).toEqual([1])
    const view = new DataView(events.bytes.buffer, events.bytes.byteOffset)
    expect(view.getFloat32(128 + 104 + 4, true)).toBe(0.75)
  })

  test('is waited for by who looks, but not what comes meanwhile', async () => {
    const { queue, groups } = queueAt(0)
    await queue.accept(eventsBatch(0, 1), { seq: 1, position: 1 }, undefined)
    await queue.accept(eventsBatch(1, 2), { seq: 2, position: 2 }, undefined)
    let seen = false
    const looking = queue.seen(10).then(() => {
      seen = true
    })
    groups[0]?.end()
    await turns()
    await queue.accept(eventsBatch(2, 3), { seq: 3, position: 3 }, undefined)
    expect(seen).toBe(false)
    groups[1]?.end()
    await looking
    expect(groups.length).toBe(3)
    groups[2]?.end()
    await queue.drain()
  })

  test('is at most 65,536 events that wait; a call that has no room waits for the commit', async () => {
    const { queue, groups } = queueAt(0)
    await queue.accept(eventsBatch(0, 1), { seq: 1, position: 1 }, undefined)
    await queue.accept(eventsBatch(1, 40_000), { seq: 40_000, position: 2 }, undefined)
    let accepted = false
    const third = queue.accept(eventsBatch(40_000, 80_000), { seq: 80_000, position: 3 }, undefined).then(() => {
      accepted = true
    })
    await turns()
    expect(accepted).toBe(false)
    groups[0]?.end()
    await third
    expect(groups[1]?.to.seq).toBe(40_000)
    groups[1]?.end()
    await turns()
    expect(groups[2]?.to.seq).toBe(80_000)
  })

  test('is waited for until rows are written, so that nothing is read meanwhile that would hold up what comes before', async () => {
    const { queue, waiting } = queueAt(0, false)
    let accepted = false
    const first = queue.accept(eventsBatch(0, 5), { seq: 5, position: 1 }, undefined).then(() => {
      accepted = true
    })
    await turns()
    expect(accepted).toBe(false)
    waiting[0]?.()
    await first
  })

  test('must go on where the last batch led to', async () => {
    const { queue } = queueAt(0)
    await queue.accept(eventsBatch(0, 5), { seq: 5, position: 1 }, undefined)
    const gap = queue.accept(eventsBatch(6, 8), { seq: 8, position: 2 }, undefined)
    await expect(gap).rejects.toThrow('go on at 5')
  })
})

describe('a failure', () => {
  test('is told by every call until it begins again, and nothing behind it is committed', async () => {
    const { queue, groups } = queueAt(0)
    await queue.accept(eventsBatch(0, 5), { seq: 5, position: 1 }, undefined)
    await queue.accept(eventsBatch(5, 8), { seq: 8, position: 2 }, undefined)
    groups[0]?.end(new Error('the server is away'))
    await expect(queue.drain()).rejects.toThrow('the server is away')
    const further = queue.accept(eventsBatch(8, 9), { seq: 9, position: 3 }, undefined)
    await expect(further).rejects.toThrow('the server is away')
    expect(groups.length).toBe(1)
    await queue.stop()
    queue.begin({ seq: 5, position: 1 }, 0b1111)
    await queue.accept(eventsBatch(5, 8), { seq: 8, position: 2 }, undefined)
    expect(groups[1]).toMatchObject({ from: { seq: 5, position: 1 }, to: { seq: 8, position: 2 } })
    groups[1]?.end()
    await queue.drain()
  })

  test('is told in the end if it was not told before, and only then', async () => {
    const { queue, groups } = queueAt(0)
    await queue.accept(eventsBatch(0, 5), { seq: 5, position: 1 }, undefined)
    groups[0]?.end(new Error('the server is away'))
    await expect(queue.end()).rejects.toThrow('the server is away')
    await queue.end()
  })

  test('of a call that waits for room is told by that call', async () => {
    const { queue, groups } = queueAt(0)
    await queue.accept(eventsBatch(0, 1), { seq: 1, position: 1 }, undefined)
    await queue.accept(eventsBatch(1, 40_000), { seq: 40_000, position: 2 }, undefined)
    const third = queue.accept(eventsBatch(40_000, 80_000), { seq: 80_000, position: 3 }, undefined)
    groups[0]?.end(new Error('the disk is full'))
    await expect(third).rejects.toThrow('the disk is full')
  })
})

describe('a query', () => {
  test('waits for events that are under way if it asks for them, and not otherwise', async () => {
    const { queue, groups } = queueAt(10)
    await queue.accept(eventsBatch(10, 20), { seq: 20, position: 1 }, undefined)
    await queue.seen(10)
    let seen = false
    const all = queue.seen(11).then(() => {
      seen = true
    })
    await turns()
    expect(seen).toBe(false)
    groups[0]?.end()
    await all
  })

  test('waits for rewards that are under way, and a failure does not fail it', async () => {
    const { queue, groups } = queueAt(10)
    const late = makeCorrections([[1, 0, 0.25]])
    await queue.accept(eventsBatch(10, 10, late), { seq: 10, position: 1 }, undefined)
    const early = queue.seen(5)
    groups[0]?.end(new Error('the server is away'))
    await early
  })
})
