import { expect, test } from 'vitest'
import type { StoredEvents } from '../../../src/storage/cold/cold-storage.js'
import { type EventSource, merged } from '../../../src/storage/cold/read/merge.js'
import { makeEvents, makeEventsOf } from '../../../src/testing/events.js'

test('events of sources that lie among each other come ascending, in batches of the asked size', async () => {
  const even = makeEventsOf(Float64Array.from({ length: 20 }, (_, i) => 2 * i))
  const odd = makeEventsOf(Float64Array.from({ length: 5 }, (_, i) => 2 * i + 11))
  const batches = await all(merged([source(odd), source(even), source(makeEvents(50, 55))], 7))
  expect(batches.flatMap(({ seqs }) => [...seqs])).toEqual(
    [...even.seqs, ...odd.seqs, 50, 51, 52, 53, 54].sort((a, b) => a - b),
  )
  expect(batches.map(({ length }) => length)).toEqual([7, 7, 7, 7, 2])
})

test('an event that is in two sources ends the merge, it does not keep it busy for ever', async () => {
  const twice = merged([source(makeEvents(0, 10)), source(makeEvents(5, 12))], 100)
  await expect(all(twice)).rejects.toThrow('event 5 is in two places')
})

function source(events: StoredEvents): EventSource {
  const rows = async function* (): AsyncGenerator<StoredEvents> {
    yield events
  }
  return { firstSeq: events.seqs[0] as number, most: events.length, rows }
}

async function all(batches: AsyncIterable<StoredEvents>): Promise<StoredEvents[]> {
  const found: StoredEvents[] = []
  for await (const events of batches) found.push(events)
  return found
}
