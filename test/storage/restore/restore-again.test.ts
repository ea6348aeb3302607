import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FileColdStorage } from '../../../src/storage/index.node.js'
import { openStream } from '../durable/support.js'
import { temporaryFolder } from '../support/folders.js'
import { loseJournal } from './support.js'

/** Numbers in [0, below), always the same ones. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** Step and four rewards of every event that a store has, by number. */
async function contents(store: FileColdStorage): Promise<number[][]> {
  const rows: number[][] = []
  for await (const { seqs, bytes, length } of store.query({})) {
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    for (let i = 0; i < length; i++) {
      const at = i * 128
      expect(seqs[i]).toBe(rows.length)
      rows.push([
        view.getUint32(at + 32, true),
        ...[104, 108, 112, 116].map((slot) => view.getFloat32(at + slot, true)),
      ])
    }
  }
  return rows
}

test.each([1, 2, 3, 4])(
  'a journal that is lost again and again takes only what the store had not got (%i)',
  async (seed) => {
    const next = numbers(seed)
    const directory = temporaryFolder()
    const store = new FileColdStorage(join(directory, 'cold'), { format: 'messagepack', batchSize: 50 })
    let model: number[][] = []
    for (let life = 0; life < 6; life++) {
      const stream = await openStream({ directory, capacity: 40 + next(60), settleMs: 0, restoreFrom: store })
      expect([stream.totalWritten, stream.recovery.created]).toEqual([model.length, true])
      expect(stream.size).toBe(Math.min(model.length, stream.capacity))
      for (let seq = stream.oldestSeq; seq < stream.totalWritten; seq++) {
        const event = stream.getEvent(seq)!
        const { rewardHomeostasis, rewardCuriosity, rewardEfficiency, rewardGoal } = event
        const rewards = [rewardHomeostasis, rewardCuriosity, rewardEfficiency, rewardGoal]
        expect([event.stepNumber, ...rewards]).toEqual(model[seq])
      }
      const reports: unknown[] = []
      const follower = stream.follow(store, { onReport: (report) => reports.push(report) })
      const last = next(2) === 0 ? 12 : 3 + next(9)
      for (let turn = 1; turn <= 12; turn++) {
        for (let i = next(30); i > 0; i--) {
          const stepNumber = next(2 ** 32)
          stream.writeEvent({ stepNumber })
          model.push([stepNumber, 0, 0, 0, 0])
        }
        for (let i = next(20); i > 0 && model.length > 0; i--) {
          const [seq, slot, reward] = [next(model.length), next(4) as 0 | 1 | 2 | 3, next(1000)]
          stream.setAppraiserReward(seq, slot, reward)
          ;(model[seq] as number[])[slot + 1] = reward
        }
        if (turn === last) await follower.flush()
      }
      await follower.close()
      await stream.close()
      expect(reports).toEqual([])
      loseJournal(directory)
      const kept = await contents(store)
      // Everything, if nothing came behind the last flush; what came may be there or not.
      if (last === 12) expect(kept).toEqual(model)
      model = kept
    }
    expect(model.length).toBeGreaterThan(100)
    await store.close()
  },
)
