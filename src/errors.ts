/**
 * The errors of this package: one root, one class for each thing that a caller can act on.
 *
 * Every message names the value that was given and what was expected. `code` is stable across versions, `retryable`
 * says whether the same call may succeed later, `details` holds the values of the message in machine-readable form.
 * `instanceof` also holds for errors of a second copy of this package in the same program.
 *
 * @module
 */

type Details = Readonly<Record<string, unknown>>

const BRAND = Symbol.for('experience-stream.error')

/** Root of all errors of this package. */
export class ExperienceError extends Error {
  /** Name of the class. A minifier shortens the class's own name, never this. */
  static readonly className: string = 'ExperienceError'

  /** Stable identifier of the kind of error, such as `'INVALID_ARGUMENT'`. */
  readonly code: string
  /** Whether the same call may succeed later without a change by the caller. */
  readonly retryable: boolean
  /** The values behind the message. */
  readonly details: Details

  constructor(code: string, message: string, details: Details = {}, retryable = false) {
    super(message)
    this.name = new.target.className
    this.code = code
    this.retryable = retryable
    this.details = details
    Object.defineProperty(this, BRAND, { value: brands(new.target) })
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore-start lint/complexity/noThisInStatic: each subclass inherits this test and must ask for its own name
    if (!Object.hasOwn(this, 'className')) return Function.prototype[Symbol.hasInstance].call(this, value)
    if (typeof value !== 'object' || value === null) return false
    const names: unknown = (value as Record<symbol, unknown>)[BRAND]
    return Array.isArray(names) && names.includes(this.className)
    // biome-ignore-end lint/complexity/noThisInStatic: as above
  }
}

/** Names of the class and of those that it extends, the ones that have a name of their own. */
function brands(target: typeof ExperienceError): string[] {
  const names: string[] = []
  for (let c = target; 'className' in c; c = Object.getPrototypeOf(c)) {
    if (Object.hasOwn(c, 'className')) names.push(c.className)
  }
  return names
}

/** An argument is of the wrong type, out of range, or unknown. Nothing was changed. */
export class InvalidArgumentError extends ExperienceError {
  static override readonly className: string = 'InvalidArgumentError'

  constructor(message: string, details?: Details) {
    super('INVALID_ARGUMENT', message, details)
  }
}

/**
 * The error for an argument that is not what it must be: `name must expected, got value`.
 * @internal
 */
export function invalid(name: string, expected: string, value: unknown): InvalidArgumentError {
  return new InvalidArgumentError(`${name} must ${expected}, got ${show(value)}`, { [name]: value })
}

const LONGEST_TEXT = 80

/** A value for a message, of bounded length. */
function show(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value)
  }
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (ArrayBuffer.isView(value) && 'length' in value) return `a ${value.constructor.name} of ${value.length}`
  if (typeof value === 'function') return 'a function'
  return typeof value === 'object' && value !== null ? Object.prototype.toString.call(value) : String(value)
}

/** The event has left the ring, so that it cannot be written to any more. */
export class SequenceEvictedError extends ExperienceError {
  static override readonly className: string = 'SequenceEvictedError'

  constructor(seq: number, oldestSeq: number) {
    super('SEQUENCE_EVICTED', `sequence number ${seq} has been evicted, the oldest live one is ${oldestSeq}`, {
      seq,
      oldestSeq,
    })
  }
}

/** The sequence number has not been written yet. */
export class SequenceNotWrittenError extends ExperienceError {
  static override readonly className: string = 'SequenceNotWrittenError'

  constructor(seq: number, totalWritten: number) {
    super('SEQUENCE_NOT_WRITTEN', `sequence number ${seq} has not been written, the next one is ${totalWritten}`, {
      seq,
      totalWritten,
    })
  }
}

/** All 2^53 sequence numbers have been given out. */
export class SequenceExhaustedError extends ExperienceError {
  static override readonly className: string = 'SequenceExhaustedError'

  constructor(count: number, totalWritten: number) {
    super(
      'SEQUENCE_EXHAUSTED',
      `${count} more event(s) would pass the last sequence number 2^53 − 1, ${totalWritten} are written`,
      { count, totalWritten },
    )
  }
}

/** The stream or the subscription has been closed. */
export class ClosedError extends ExperienceError {
  static override readonly className: string = 'ClosedError'

  constructor(what: string) {
    super('CLOSED', `the ${what} is closed`, { what })
  }
}

/** The WebAssembly module and this library disagree about the byte layout: they come from different versions. */
export class LayoutMismatchError extends ExperienceError {
  static override readonly className: string = 'LayoutMismatchError'

  constructor(name: string, found: number, expected: number) {
    super(
      'LAYOUT_MISMATCH',
      `the WebAssembly module has ${name} = ${found}, this library expects ${expected}: they are of different versions`,
      { name, found, expected },
    )
  }
}
