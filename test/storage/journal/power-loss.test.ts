import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc32 } from '../../../src/storage/journal/crc32.js'
import { newJournal } from '../../../src/storage/journal/journal-end.js'
import { type RecoveredJournal, recoverJournal } from '../../../src/storage/journal/recover.js'
import { JournalWriter } from '../../../src/storage/journal/writer.js'
import { corrections, IDENTITY, records } from '../support/journal.js'
import { MemoryDisk } from '../support/memory-disk.js'
import { contentsOf } from '../support/small-journal.js'

type Step =
  | { kind: 'records' | 'correction' | 'metadata' | 'state'; size: number }
  | { kind: 'sync' }
  | { kind: 'later' }

const steps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({
      kind: fc.constantFrom('records', 'correction', 'metadata', 'state'),
      size: fc.integer({ min: 1, max: 9 }),
    }),
    fc.constant({ kind: 'sync' }),
    fc.constant({ kind: 'later' }),
  ),
  { minLength: 1, maxLength: 40 },
)

const draws = fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { minLength: 50, maxLength: 50 })

/** How the process ends each time; several times, since a loss meets what the recovery before has left. */
const lives = fc.array(fc.constantFrom('power' as const, 'kill' as const), { minLength: 3, maxLength: 3 })

test.each([false, true])(
  'after a loss of power all that was synced is there, and no more (reserved: %s)',
  async (reserve) => {
    let shortened = 0
    const property = fc.asyncProperty(steps, draws, lives, async (script, numbers, endings) => {
      let draw = 0
      const random = (): number => numbers[draw++ % numbers.length] as number
      let disk = new MemoryDisk()
      let recovered: RecoveredJournal | undefined
      for (const [life, ending] of endings.entries()) {
        const end = recovered?.end ?? newJournal(IDENTITY)
        const writer = new JournalWriter({ disk, crc32 }, end, { segmentBytes: 2048, reserve, quietMs: 0 })
        // What the process before left to the system counts as synced once this one says so.
        if (life > 0 && random() < 0.5) writer.sync()
        const seen = new Map([[writer.position, contentsOf(disk)]])
        for (const step of script) {
          await play(writer, step, life)
          seen.set(writer.position, contentsOf(disk))
        }
        const { syncedPosition, position: before } = writer
        const powerLoss = ending === 'power'
        if (powerLoss) disk = disk.afterPowerLoss(random)
        recovered = recoverJournal({ disk, crc32 }, { mode: 'strict', capacity: 10, powerLoss }) as RecoveredJournal
        const { position, nextSeq } = recovered.end
        expect(position).toBeGreaterThanOrEqual(powerLoss ? syncedPosition : before)
        const known = seen.get(position)
        if (known !== undefined) expect(contentsOf(disk)).toEqual(known)
        else expect(contentsOf(disk).endSeq).toBe(nextSeq)
        shortened += position < before ? 1 : 0
      }
    })
    await fc.assert(property, { numRuns: 120, seed: 20_261_121 })
    expect(shortened).toBeGreaterThan(20)
  },
)

test('a sync covers the segments that the process before left unsynced', () => {
  const disk = new MemoryDisk()
  const before = new JournalWriter({ disk, crc32 }, newJournal(IDENTITY), { segmentBytes: 2048 })
  for (let seq = 0; seq < 40; seq += 10) before.writeRecords(seq, 10, [records(seq, 10)])
  expect([before.segments.length, before.syncedPosition]).toEqual([4, 1])
  const recovered = recoverJournal({ disk, crc32 }, { mode: 'strict', powerLoss: false }) as RecoveredJournal
  const writer = new JournalWriter({ disk, crc32 }, recovered.end)
  writer.sync()
  const left = disk.afterPowerLoss(() => 0)
  expect(writer.syncedSeq).toBe(40)
  expect(recoverJournal({ disk: left, crc32 }, { mode: 'strict' })?.end.nextSeq).toBe(40)
  expect(contentsOf(left)).toEqual(contentsOf(disk))
})

test('blocks that were cut do not come back behind new ones', () => {
  const disk = new MemoryDisk()
  const folder = { disk, crc32 }
  const before = new JournalWriter(folder, newJournal(IDENTITY))
  for (const value of [1, 2, 3]) before.writeRecords(before.endSeq, value, [records(before.endSeq, value)])
  const name = disk.list()[0] as string
  const bytes = disk.get(name)
  // The second of the three blocks is torn.
  bytes.fill(0, 256 + 192 + 100, 256 + 192 + 200)
  disk.set(name, bytes)
  const recovered = recoverJournal(folder, { mode: 'strict' }) as RecoveredJournal
  expect([recovered.end.nextSeq, recovered.torn?.offset]).toEqual([1, 256 + 192])
  const writer = new JournalWriter(folder, recovered.end)
  writer.writeRecords(1, 2, [records(1, 2)])
  // The first change of the file since its last sync does not reach the disk, all others do.
  const draws = [0.5, 0.9]
  const left = disk.afterPowerLoss(() => draws.shift() ?? 0.1)
  expect(recoverJournal({ disk: left, crc32 }, { mode: 'strict' })?.end.nextSeq).toBeLessThanOrEqual(3)
})

async function play(writer: JournalWriter, step: Step, life: number): Promise<void> {
  const seq = writer.endSeq
  // So that what one life has written is not taken for what another one has.
  const mark = 'size' in step ? step.size + life * 10 : 0
  switch (step.kind) {
    case 'records':
      return writer.writeRecords(seq, step.size, [records(seq, step.size)])
    case 'correction':
      return seq === 0 ? undefined : writer.writeCorrections(corrections({ seq: seq - 1, rewards: [mark] }))
    case 'metadata':
      writer.writeMetadata([[seq, Uint8Array.of(mark)]])
      return writer.writeRecords(seq, 1, [records(seq, 1)])
    case 'state':
      return writer.writeState(`{"cursors":{"a":${mark}},"followers":{}}`)
    case 'sync':
      return writer.sync()
    case 'later':
      return writer.syncLater()
  }
}
