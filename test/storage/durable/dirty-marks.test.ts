import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DirtyMarks } from '../../../src/storage/durable/dirty-marks.js'

test('marks are a set of slots, listed in the order of the ring from any slot on', () => {
  const slots = fc.integer({ min: 1, max: 5000 }).chain((capacity) =>
    fc.record({
      capacity: fc.constant(capacity),
      steps: fc.array(fc.tuple(fc.boolean(), fc.nat(capacity - 1)), { maxLength: 200 }),
      from: fc.nat(capacity - 1),
      most: fc.integer({ min: 1, max: 300 }),
    }),
  )
  fc.assert(
    fc.property(slots, ({ capacity, steps, from, most }) => {
      const marks = new DirtyMarks(capacity)
      const model = new Set<number>()
      for (const [isMark, slot] of steps) {
        if (isMark) {
          marks.mark(slot)
          model.add(slot)
        } else {
          marks.unmark(slot)
          model.delete(slot)
        }
      }
      const found = new Uint32Array(most)
      const length = marks.list(from, found)
      const rank = (slot: number): number => (slot - from + capacity) % capacity
      const expected = [...model].sort((a, b) => rank(a) - rank(b)).slice(0, most)
      expect([...found.subarray(0, length)]).toEqual(expected)
      expect(marks.count).toBe(model.size)
    }),
    { numRuns: 300 },
  )
})
