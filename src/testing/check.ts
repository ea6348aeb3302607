/**
 * What the checks of a contract are made of; they need no test runner.
 *
 * @module
 */

/** One promise of a contract. */
export interface ContractCheck {
  readonly name: string
  /** Rejects if the promise is broken. */
  run(): Promise<void>
}

/** A place that a check has for itself. */
interface Place {
  remove(): Promise<void>
}

/** A check on a place of its own, which is removed afterwards. */
export function checkOn<P extends Place>(
  name: string,
  makePlace: () => P | Promise<P>,
  check: (place: P) => Promise<void>,
): ContractCheck {
  const run = async (): Promise<void> => {
    const place = await makePlace()
    try {
      await check(place)
    } finally {
      await place.remove()
    }
  }
  return { name, run }
}

/** @throws unless both are the same as JSON; the order of keys is of no importance. */
export function same(found: unknown, expected: unknown, what: string): void {
  const [a, b] = [textOf(found), textOf(expected)]
  truth(a === b, `${what}: expected ${b}, found ${a}`)
}

/** @throws unless `work` rejects with an error of this class. */
export async function rejects(work: Promise<unknown>, type: new (...given: never[]) => Error): Promise<void> {
  try {
    await work
  } catch (error) {
    truth(error instanceof type, `expected ${type.name}, got ${error}`)
    return
  }
  throw new Error(`expected ${type.name}, nothing was thrown`)
}

/** @throws unless it holds. */
export function truth(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    const isPlain = typeof part === 'object' && part !== null && Object.getPrototypeOf(part) === Object.prototype
    return isPlain ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part
  })
}
