/**
 * The checker of the model, on machines whose answers are known.
 */

import { describe, expect, test } from 'vitest'
import { ENDING, explore, PROGRESS } from './model/checker.js'
import { CONFIGURATIONS } from './model/configurations.js'
import { Machine, type Word } from './model/machine.js'

/** A machine of two threads that add to one word, by two accesses or by one. */
function adders(isAtomic: boolean): Machine {
  const machine = new Machine()
  const sum = machine.word('sum')
  for (const name of ['A', 'B']) {
    const thread = machine.thread(name)
    const found = thread.register('found')
    if (!isAtomic) {
      thread.step('loads', () => {
        found.store(sum.load())
        return 'adds'
      })
    }
    thread.step('adds', () => {
      sum.store((isAtomic ? sum.load() : found.load()) + 1)
      return thread.end()
    })
  }
  machine.atEnd.push({ name: 'both are counted', holds: () => sum.load() === 2 })
  return machine
}

/** A thread that takes one lock after another, and waits for each. */
function locker(machine: Machine, name: string, locks: readonly Word[]): void {
  const thread = machine.thread(name)
  locks.forEach((lock, i) => {
    thread.step(`takes lock ${i}`, () => {
      if (lock.cas(0, 1) !== 0) return undefined
      return i === locks.length - 1 ? 'lets go' : `takes lock ${i + 1}`
    })
  })
  thread.step('lets go', () => {
    for (const lock of locks) lock.store(0)
    return thread.end()
  })
}

function lockers(order: 'same' | 'opposite'): Machine {
  const machine = new Machine()
  const locks = machine.array('lock', 2)
  locker(machine, 'A', locks)
  locker(machine, 'B', order === 'same' ? locks : [...locks].reverse())
  return machine
}

describe('the checker', () => {
  test.each([1, 2, 7])('reaches each pair of places of two threads of %i steps', (steps) => {
    const machine = new Machine()
    for (const name of ['A', 'B']) {
      const thread = machine.thread(name)
      for (let i = 1; i <= steps; i++) thread.step(`${i}`, () => (i === steps ? thread.end() : `${i + 1}`))
    }
    expect(explore(machine)).toEqual({ states: (steps + 1) ** 2, ends: 1 })
  })

  test('takes every alternative of a step', () => {
    const machine = new Machine()
    const word = machine.word('word')
    const thread = machine.thread('A')
    const choices = ['a', 'b', 'c']
    thread.step(
      'chooses',
      (choice) => {
        word.store(choice)
        return thread.end()
      },
      choices,
    )
    expect(explore(machine)).toEqual({ states: 1 + choices.length, ends: choices.length })
  })

  test('lets a thread die before each step but those of straight-line code', () => {
    const machine = new Machine()
    const word = machine.word('word')
    const thread = machine.thread('A')
    const labels = ['first', 'second', 'third']
    labels.forEach((label, i) => {
      thread.step(label, () => {
        word.add(1)
        return labels[i + 1] ?? thread.end()
      })
    })
    thread.mayDie(['second'])
    // Alive at three places and done; dead with 0 and with 2.
    expect(explore(machine)).toEqual({ states: 6, ends: 3 })
  })

  test('finds an addition that is lost, by a shortest way, and none that is atomic', () => {
    expect(explore(adders(true)).violation).toBeUndefined()
    expect(explore(adders(false)).violation).toEqual({
      invariant: 'both are counted',
      trace: ['A loads', 'B loads', 'A adds (sum 0 → 1)', 'B adds', 'all threads rest'],
    })
  })

  test('finds threads that wait for each other', () => {
    expect(explore(lockers('same')).violation).toBeUndefined()
    expect(explore(lockers('opposite')).violation).toEqual({
      invariant: PROGRESS,
      trace: [
        'A takes lock 0 (lock[0] 0 → 1)',
        'B takes lock 0 (lock[1] 0 → 1)',
        'A waits: takes lock 1',
        'B waits: takes lock 1',
      ],
    })
  })

  test('finds threads that go on and come to no end', () => {
    const machine = new Machine()
    const thread = machine.thread('A')
    thread.step('there', () => 'back')
    thread.step('back', () => 'there')
    const { violation } = explore(machine)
    expect(violation?.invariant).toBe(ENDING)
  })

  test('looks at invariants of states and of the steps between them', () => {
    const machine = adders(true)
    const [sum] = machine.words
    machine.eachStep.push({ name: 'the sum grows by one', holds: () => sum!.load() - sum!.was() === 1 })
    expect(explore(machine).violation).toBeUndefined()
    machine.always.push({ name: 'the sum is at most one', holds: () => sum!.load() <= 1 })
    expect(explore(machine).violation?.invariant).toBe('the sum is at most one')
  })

  test('refuses to explore more states than it may', () => {
    expect(() => explore(lockers('same'), 3)).toThrow('more than 3 states')
  })

  test('tells a counterexample so that it can be followed', () => {
    const { machine } = CONFIGURATIONS['an appraiser of an event and one of its successor']
    expect(explore(machine('does not look at the stamp again')).violation?.trace).toEqual([
      "writer loads the counter (writer's state ACTIVE → BUSY)",
      "writer claims (counter 1 → 2, writer's state BUSY → ACTIVE, writer's next number 0 → 1, writer's end of claim 0 → 2)",
      'writer loads the stamp to begin',
      'reader is to read event 0',
      'reader loads the stamp',
      "writer puts the stamp to begin (stamp[0] PUBLISHED(0) → WRITING(1), writer's evicted 0 → 1)",
      'writer writes the first word (first word[0] 1 → 2)',
      'reader loads the first word',
      'reader loads the second word',
    ])
  })
})
