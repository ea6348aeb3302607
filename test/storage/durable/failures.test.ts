import { describe, expect, test } from 'vitest'
import { BackpressureError, StorageError } from '../../../src/storage/index.node.js'
import { crashed, openSwitched, refusal, turn } from './support.js'

const events = (count: number): { stepNumber: number }[] => Array.from({ length: count }, (_, i) => ({ stepNumber: i }))

describe('a full disk', () => {
  test('is told to those who wait, to the listener, to stats and to the next writer; nothing is lost once it has room', async () => {
    const told: Error[] = []
    const { stream, disk } = await openSwitched({ capacity: 100, onError: (error) => told.push(error) })
    stream.writeBatch(events(3))
    await stream.durable()
    disk.isFull = true
    stream.writeBatch(events(4))
    await expect(stream.durable()).rejects.toThrow('ENOSPC')
    expect(told.map(({ message }) => message)).toEqual(['ENOSPC: the disk is full'])
    expect(stream.stats().journal).toMatchObject({
      written: 7,
      durable: 3,
      pending: 4,
      failures: 1,
      lastError: told[0],
    })
    expect(refusal(() => stream.writeEvent({}), StorageError).message).toContain('ENOSPC')
    expect(refusal(() => stream.setAppraiserReward(0, 0, 1), StorageError).message).toContain('ENOSPC')
    await expect(stream.ready()).rejects.toThrow('ENOSPC')
    expect([stream.totalWritten, stream.getEvent(0)?.totalReward]).toEqual([7, 0])
    disk.isFull = false
    expect(stream.writeEvent({ stepNumber: 4 })).toBe(7)
    await stream.durable()
    const left = await crashed(stream)
    expect(
      left
        .queryRange(0, 8)
        .toArray()
        .map((event) => event.stepNumber),
    ).toEqual([0, 1, 2, 0, 1, 2, 3, 4])
  })

  test("is told once to a writer with onFull: 'throw', which then may try again", async () => {
    const { stream, disk } = await openSwitched({ capacity: 100, maxBacklog: 4, onFull: 'throw' })
    disk.isFull = true
    stream.writeBatch(events(4))
    await turn()
    expect(refusal(() => stream.writeEvent({}), StorageError).message).toContain('ENOSPC')
    refusal(() => stream.writeEvent({}), BackpressureError)
    disk.isFull = false
    await stream.ready()
    expect(stream.writeEvent({})).toBe(4)
    await stream.durable()
    expect((await crashed(stream)).totalWritten).toBe(5)
  })

  test('stops a batch that is larger than the backlog where it is; totalWritten tells', async () => {
    const { stream, disk } = await openSwitched({ capacity: 100, maxBacklog: 10 })
    stream.writeEvent({ stepNumber: 99 })
    await stream.durable()
    disk.left = 2000
    expect(refusal(() => stream.writeBatch(new Uint8Array(128 * 2000)), StorageError).message).toContain('ENOSPC')
    const written = stream.totalWritten
    expect(written).toBeLessThan(30)
    disk.left = Number.POSITIVE_INFINITY
    await stream.durable()
    expect((await crashed(stream)).totalWritten).toBe(written)
  })

  test('in the middle of a flush repeats nothing and loses nothing', async () => {
    for (let room = 0; room < 3000; room += 97) {
      const { stream, disk } = await openSwitched({ capacity: 8 })
      stream.writeBatch(events(20))
      await stream.durable()
      const writing = stream.writeEventWithMetadata({ stepNumber: 20 }, { intentType: 'late' })
      stream.writeEvent({ stepNumber: 21 })
      stream.setAppraiserReward(21, 0, 1)
      stream.setAppraiserReward(15, 1, 2)
      stream.setAppraiserReward(3, 2, 3)
      stream.subscribe({ name: 'audit' })
      disk.left = room
      const first = await Promise.allSettled([writing, stream.durable()])
      disk.left = Number.POSITIVE_INFINITY
      if (room < 500) expect(first.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
      await stream.durable()
      const left = await crashed(stream, { capacity: 50 })
      expect(
        left
          .queryRange(0, 50)
          .toArray()
          .map((event) => event.stepNumber),
      ).toEqual([...Array(22).keys()])
      expect([left.getEvent(21)?.rewardHomeostasis, left.getEvent(15)?.rewardCuriosity]).toEqual([1, 2])
      expect([left.getEvent(3)?.rewardEfficiency, left.getMetadata(20)]).toEqual([3, { intentType: 'late' }])
      expect(left.host.names.cursor('audit')).toBe(22)
      await left.close()
      await stream.close()
    }
  })

  test('at the end is what close says; the directory is free nevertheless', async () => {
    const { stream, disk, released } = await openSwitched({ capacity: 100 })
    stream.writeBatch(events(3))
    disk.isFull = true
    await expect(stream.close()).rejects.toThrow('ENOSPC')
    await expect(stream.close()).rejects.toThrow('ENOSPC')
    expect(released()).toBe(1)
  })
})

describe('a sync that fails', () => {
  test('ends the journal: nothing is acknowledged any more, whatever the disk says later', async () => {
    const told: Error[] = []
    const { stream, disk } = await openSwitched({
      capacity: 100,
      durability: 'power-loss',
      onError: (error) => told.push(error),
    })
    stream.writeBatch(events(3))
    await stream.durable()
    disk.isBroken = true
    stream.writeBatch(events(2))
    await expect(stream.durable()).rejects.toThrow('a sync failed: EIO')
    disk.isBroken = false
    await expect(stream.durable()).rejects.toThrow(StorageError)
    expect(refusal(() => stream.writeEvent({}), StorageError).message).toContain('a sync failed')
    expect(refusal(() => stream.setAppraiserReward(0, 0, 1), StorageError).message).toContain('a sync failed')
    await expect(stream.ready()).rejects.toThrow('a sync failed')
    expect(told).toHaveLength(1)
    expect(stream.stats().journal).toMatchObject({ written: 5, durable: 3, pending: 2, failures: 1 })
    await expect(stream.close()).rejects.toThrow('a sync failed')
    const left = await crashed(stream)
    expect(left.totalWritten).toBeGreaterThanOrEqual(3)
  })

  test('is told to the next writer if nobody waited for it', async () => {
    const { stream, disk } = await openSwitched({ capacity: 100, durability: 'power-loss' })
    await stream.durable()
    disk.isBroken = true
    stream.writeEvent({})
    await turn()
    await turn()
    expect(refusal(() => stream.writeEvent({}), StorageError).message).toContain('a sync failed')
  })
})
