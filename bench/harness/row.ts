/**
 * The machine-readable result of the benches: one row per figure.
 *
 * A row with a goal passes when it keeps the goal's ratio to the floor that was timed beside it: a machine, or a minute,
 * in which the floor itself is slower than where the goals were set gets a proportionally higher limit, never a lower
 * one. `meetsGoal` says whether the goal is met as it stands. Rows without a goal are reported only.
 *
 * @module
 */

/** Unit of the figures of a row. */
export type Unit = 'ns' | 'µs' | 'ms' | 'B' | 'MB' | 'count'

/** Where the limit of a row comes from. */
export type LimitKind =
  /** The goal, raised by as much as the floor beside it is slower than where the goals were set. */
  | 'goal'
  /** A multiple of the floor beside it. */
  | 'times floor'
  /** The goal as it stands: a count of bytes knows no slow machine. */
  | 'exact'
  /** Reported only. */
  | 'none'

/** What bounds a row physically, timed in the same process between the row's own rounds. */
export interface FloorResult {
  name: string
  median: number
  /** The row's median over the floor's. */
  ratio: number
  /** The floor where the goals were set, in the same unit; null where nobody took it. */
  reference: number | null
}

/** One figure. */
export interface Row {
  subject: string
  name: string
  /** Events that the ring holds. */
  capacity: number
  /** `first lap`: memory that was never touched before; `steady`: the ring is full and warm. */
  phase: 'steady' | 'first lap'
  unit: Unit
  median: number
  p10: number
  p90: number
  mean: number
  /** Timed rounds behind the figure. */
  rounds: number
  goal: number | null
  limit: number | null
  limitKind: LimitKind
  floor: FloorResult | null
  /** Within the limit; null where there is none. */
  pass: boolean | null
  /** Within the goal as it stands; null where there is none. */
  meetsGoal: boolean | null
  /** What one operation contains. */
  includes: string
}

/** The machine and program of a run. */
export interface Environment {
  node: string
  v8: string
  platform: string
  cpu: string
  cores: number
  loadAverage: number
  date: string
}

/** What `--json` writes. */
export interface Results {
  environment: Environment
  quick: boolean
  seconds: number
  rows: Row[]
  crashed: { subject: string; message: string }[]
}

/** What a row is made from. */
export interface RowSource {
  subject: string
  name: string
  capacity: number
  includes: string
  unit: Unit
  phase?: 'steady' | 'first lap'
  goal?: number | undefined
  limitKind?: LimitKind | undefined
  floor?: { name: string; median: number; reference: number | null } | undefined
}

/** The spread of a list of samples, in the unit of the samples. */
export interface Spread {
  median: number
  p10: number
  p90: number
  mean: number
  rounds: number
}

/**
 * Judges a spread and makes the row of it.
 *
 * @param judged `false` leaves `pass` and `meetsGoal` null, for runs that are too short to compare.
 */
export function makeRow(source: RowSource, spread: Spread, judged: boolean): Row {
  const goal = source.goal ?? null
  const limitKind = goal === null ? 'none' : (source.limitKind ?? 'goal')
  const { floor } = source
  let limit = goal
  if (goal !== null && floor) {
    if (limitKind === 'times floor') limit = goal * floor.median
    else if (limitKind === 'goal') limit = goal * Math.max(1, floor.median / (floor.reference ?? floor.median))
  }
  const asItStands = limitKind === 'times floor' ? limit : goal
  return {
    subject: source.subject,
    name: source.name,
    capacity: source.capacity,
    phase: source.phase ?? 'steady',
    unit: source.unit,
    ...spread,
    goal,
    limit,
    limitKind,
    floor: floor ? { ...floor, ratio: spread.median / floor.median } : null,
    pass: judged && limit !== null ? spread.median <= limit : null,
    meetsGoal: judged && asItStands !== null ? spread.median <= asItStands : null,
    includes: source.includes,
  }
}
