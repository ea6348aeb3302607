/**
 * Subject: the libraries that one would otherwise use, each in a process of its own, at the same task as ours: the last
 * `capacity` events are kept and one subscriber hears of every new one.
 *
 * @module
 */

import { EventView, ExperienceStream } from 'experience-stream'
import { START_US } from '../fixtures.js'
import { stage } from '../fixtures-stream.js'
import { liveMegabytes } from '../harness/garbage.js'
import type { Subject } from '../harness/subject.js'
import { runSubject } from '../harness/subject.js'
import { eventEmitter, eventEmitter3, mittEmitter } from '../peers/emitters.js'
import { arrayRing, circularBuffer, denque, replaySubject } from '../peers/histories.js'
import type { MakePeer, PeerEvent } from '../peers/peer.js'
import { ShuffleMemory } from '../peers/shuffle-memory.js'

const PEERS: Record<string, MakePeer> = {
  'plain array ring': arrayRing,
  'EventEmitter + array': eventEmitter,
  'eventemitter3 + array': eventEmitter3,
  'mitt + array': mittEmitter,
  denque,
  'mnemonist CircularBuffer': circularBuffer,
  'RxJS ReplaySubject': replaySubject,
}

const ROUND = 20_000
/** A full ReplaySubject moves all its events for every new one. */
const SLOW_ROUND = 20
const BATCH = 256

function peerEvent(i: number): PeerEvent {
  const x = i & 1023
  return {
    timestamp: START_US + i,
    episodeId: i >> 8,
    stepNumber: i & 255,
    eventType: i & 15,
    flags: 0,
    state: [x + 0.5, x + 1.5, x + 2.5, x + 3.5, x + 4.5, x + 5.5, x + 6.5, x + 7.5],
    action: [x + 8.5, x + 9.5, x + 10.5, x + 11.5, x + 12.5, x + 13.5, x + 14.5, x + 15.5],
    rewardHomeostasis: x + 0.25,
    rewardCuriosity: 0.5,
    rewardEfficiency: 0.25,
    rewardGoal: 0.125,
    adnaVersionHash: 7,
  }
}

async function appendAndNotify(subject: Subject, name: string, make: MakePeer): Promise<void> {
  const { capacity } = subject
  const before = liveMegabytes()
  // Kept to 32 bits: a larger number would be a new object for every event.
  let heard = 0
  const peer = make(capacity, (event) => {
    heard = (heard + event.stepNumber) | 0
  })
  let i = 0
  const run = (n: number): number => {
    for (let end = i + n; i < end; i++) peer.append(peerEvent(i))
    return heard
  }
  run(capacity)
  const live = liveMegabytes() - before
  if (peer.size() !== capacity) throw new Error(`${name} holds ${peer.size()} events, it should hold ${capacity}`)
  const slow = name === 'RxJS ReplaySubject'
  const one = { name, unit: 'ns' as const, run, operations: slow ? SLOW_ROUND : ROUND }
  const includes = 'a fresh object, kept, one subscriber told; no id, no clock, no checks'
  subject.time([{ ...one, includes }])
  subject.figure({ name: `${name}: live heap`, unit: 'MB', includes: 'the history' }, [live])
  await subject.garbage(one, { includes })
}

/** Ours at the same task: the subscriber polls after every write. */
async function ours(subject: Subject, name: string, objects: boolean): Promise<void> {
  const { capacity } = subject
  const before = liveMegabytes()
  const stream = ExperienceStream.createSync({ capacity })
  const subscription = stream.subscribe()
  const { writer } = stream
  const view = new EventView()
  // As with the peers, kept to 32 bits.
  let heard = 0
  let i = 0
  const hear = (): void => {
    const batch = subscription.poll()
    for (let row = 0; row < batch.length; row++) heard = (heard + batch.view(row, view).stepNumber) | 0
  }
  const runObjects = (n: number): number => {
    for (const end = i + n; i < end; i++) {
      stream.writeEvent(peerEvent(i))
      hear()
    }
    return heard
  }
  const runWriter = (n: number): number => {
    for (const end = i + n; i < end; i++) {
      writer.timestamp = START_US + i
      stage(writer, i)
      writer.commit()
      hear()
    }
    return heard
  }
  const run = objects ? runObjects : runWriter
  run(capacity)
  const live = liveMegabytes() - before
  const what = objects ? 'a fresh object' : 'fields set'
  const includes = `${what}, kept, one subscriber polled after every write; id v4 drawn, all checks`
  const one = { name, unit: 'ns' as const, run, operations: ROUND }
  subject.time([{ ...one, includes }])
  subject.figure({ name: `${name}: live heap`, unit: 'MB', includes: 'the ring and its columns and indexes' }, [live])
  await subject.garbage(one, { includes })
}

function shuffledSample(subject: Subject, name: string): void {
  const memory = new ShuffleMemory<PeerEvent>(subject.capacity)
  for (let i = 0; i < subject.capacity; i++) memory.append(peerEvent(i))
  const one = {
    name: `${name}: uniform ${BATCH}`,
    unit: 'µs' as const,
    operations: 1,
    run(n: number): number {
      let sum = 0
      for (let i = 0; i < n; i++) for (const event of memory.sample(BATCH)) sum += event.stepNumber
      return sum
    },
  }
  subject.time([{ ...one, includes: 'all places shuffled, references to the first 256; one field of each read' }])
}

runSubject(async (subject) => {
  const name = subject.job.variant ?? ''
  const make = PEERS[name]
  if (make) await appendAndNotify(subject, name, make)
  else if (name.startsWith('experience-stream')) await ours(subject, name, name.endsWith('object'))
  else shuffledSample(subject, name)
})
