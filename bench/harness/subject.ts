/**
 * A subject: one program that times what belongs together, in a process of its own with a fresh heap.
 *
 * `run.ts` starts it with `--expose-gc` and a `Job`; the subject adds its rows, which go to the parent at the end.
 *
 * @module
 */

import type { Floor } from './floors.js'
import { Floors } from './floors.js'
import { bytesPerOperation, pausesUnderLoad } from './garbage.js'
import type { Case, Effort } from './measure.js'
import { consumed, FULL, measure, QUICK, timeRound } from './measure.js'
import type { LimitKind, Row, RowSource } from './row.js'
import { makeRow } from './row.js'
import { spreadOf } from './spread.js'

/** What a subject is told. */
export interface Job {
  subject: string
  /** The one of several variants to time, such as a peer. */
  variant?: string | undefined
  capacity: number
  quick: boolean
  /** Address of the compiled floors. */
  floors: string
  /** Address of those for memory that threads share. */
  sharedFloors: string
}

/** What a subject answers. */
export type Answer = { rows: Row[]; checksum: number } | { message: string }

/** A case with what its row says. */
export interface Timed extends Case {
  includes: string
  goal?: number | undefined
  limitKind?: LimitKind | undefined
  /** Taken as the limit that is physically possible. */
  floor?: Floor | undefined
}

/** What a case of garbage says. */
export interface GarbageGoals {
  includes: string
  /** Bytes per operation at most. */
  bytes?: number | undefined
}

const FIRST_LAPS = 3
const WARM_UP_CAPACITY = 1024
const GARBAGE_REPEATS = 9
const PAUSES_MS = 1500

/** The rows of a subject as they grow. */
export class Subject {
  readonly rows: Row[] = []
  readonly job: Job
  readonly effort: Effort
  #floors: Floors | undefined
  readonly #known = new Set<string>()

  constructor(job: Job) {
    this.job = job
    this.effort = job.quick ? QUICK : FULL
  }

  get capacity(): number {
    return this.job.capacity
  }

  /** The floors, over a ring of the subject's capacity. */
  get floors(): Floors {
    this.#floors ??= new Floors(new URL(this.job.floors), this.job.capacity)
    return this.#floors
  }

  /** Times cases in turns with their floors and adds a row for each, and for each floor the first time. */
  time(cases: readonly Timed[], effort: Effort = this.effort): void {
    const floors = new Map<string, Floor>()
    for (const { floor } of cases) if (floor) floors.set(floor.case.name, floor)
    const beside = [...floors.values()]
    const spreads = measure([...cases, ...beside.map((floor) => floor.case)], effort)
    const medians = new Map<string, number>()
    beside.forEach(
      ({ case: { name, unit }, reference, includes = `${reference} ${unit} where the goals were set` }, i) => {
        const spread = spreads[cases.length + i]
        if (!spread) return
        medians.set(name, spread.median)
        if (this.#known.has(name)) return
        this.#known.add(name)
        this.#add({ name: `floor: ${name}`, unit, includes }, spread)
      },
    )
    cases.forEach((one, i) => {
      const spread = spreads[i]
      if (!spread) return
      const { floor } = one
      const median = floor && medians.get(floor.case.name)
      if (!floor || median === undefined) this.#add(one, spread)
      else {
        const { factor, reference } = floor
        this.#add(one, spread, {
          name: floor.case.name,
          median: median * factor,
          reference: reference === null ? null : reference * factor,
        })
      }
    })
  }

  /**
   * Times a first lap over a ring that `make` makes, untimed; one sample is one new ring. The code is warmed up on a
   * small ring before.
   */
  firstLap(one: Omit<Timed, 'run'>, make: (capacity: number) => (n: number) => number): void {
    const operations = this.capacity
    timeRound({ ...one, run: make(WARM_UP_CAPACITY) }, operations)
    const samples: number[] = []
    for (let i = 0; i < (this.job.quick ? 1 : FIRST_LAPS); i++) {
      globalThis.gc?.()
      samples.push(timeRound({ ...one, run: make(operations) }, operations) / operations)
    }
    const scale = one.unit === 'ns' ? 1e6 : one.unit === 'µs' ? 1e3 : 1
    this.#add(one, spreadOf(samples, scale), undefined, 'first lap')
  }

  /** Adds the garbage of an operation, and the longest pauses under it as a sustained load. */
  async garbage(one: Case, goals: GarbageGoals, pauses = true): Promise<void> {
    const bytes = bytesPerOperation(one, this.job.quick ? 2 : GARBAGE_REPEATS)
    const { includes } = goals
    this.#add({ name: `${one.name}: garbage`, unit: 'B', includes, goal: goals.bytes, limitKind: 'exact' }, bytes)
    if (!pauses) return
    const { longestGcMs, gcShare, longestStallMs } = await pausesUnderLoad(one, this.job.quick ? 20 : PAUSES_MS)
    const unit = 'ms'
    const share = `collections take ${(100 * gcShare).toFixed(1)} % of the time`
    this.#add({ name: `${one.name}: longest collection`, unit, includes: share }, spreadOf([longestGcMs]))
    this.#add({ name: `${one.name}: longest stall`, unit, includes }, spreadOf([longestStallMs]))
  }

  /** Adds a figure that was taken by other means. */
  figure(one: Omit<Timed, 'run'>, samples: readonly number[]): void {
    this.#add(one, spreadOf(samples))
  }

  /** Adds a figure that was taken by other means, with what bounds it, taken in turns with it. */
  against(
    one: Omit<Timed, 'run' | 'floor'>,
    samples: readonly number[],
    floor: { name: string; samples: readonly number[]; reference: number | null },
  ): void {
    const { name, reference } = floor
    this.#add(one, spreadOf(samples), { name, reference, median: spreadOf(floor.samples).median })
  }

  #add(
    one: Omit<Timed, 'run' | 'floor'>,
    spread: Parameters<typeof makeRow>[1],
    floor?: RowSource['floor'],
    phase: Row['phase'] = 'steady',
  ): void {
    const { subject, capacity, quick } = this.job
    const { name, unit, includes, goal, limitKind } = one
    this.rows.push(makeRow({ subject, name, capacity, includes, unit, phase, goal, limitKind, floor }, spread, !quick))
  }
}

/** Runs a subject's program with the job that the parent gave, and answers the parent. */
export function runSubject(program: (subject: Subject) => void | Promise<void>): void {
  const text = process.argv[2]
  if (text === undefined) throw new Error('a subject is started by run.js with a job as its argument, there is none')
  const subject = new Subject(JSON.parse(text) as Job)
  const answer = (value: Answer): void => {
    if (process.send) process.send(value)
    else process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
  }
  Promise.resolve(subject)
    .then(program)
    .then(
      () => answer({ rows: subject.rows, checksum: consumed() }),
      (error: unknown) => answer({ message: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    )
}
