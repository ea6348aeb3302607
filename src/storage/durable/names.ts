/**
 * The names that a journal keeps: cursors of subscriptions and checkpoints of followers. A change is written as one
 * STATE block with the next flush; the last block counts.
 *
 * @module
 */

import { InvalidArgumentError, invalid } from '../../errors.js'
import type { Checkpoint } from '../cold/cold-storage.js'
import type { JournalNames } from './host.js'

const LONGEST_NAME = 200
const MOST_NAMES = 1000

/** The present names, and whether the journal has them. */
export class KeptNames implements JournalNames {
  /** Whether something has changed since `written` was called last. */
  changed = false
  private readonly cursorsByName = new Map<string, number>()
  private readonly followersByName = new Map<string, Checkpoint>()
  private readonly onChange: () => void

  /** @param state what the journal holds, if anything. */
  constructor(state: string | undefined, onChange: () => void) {
    this.onChange = onChange
    if (state === undefined) return
    const { cursors = {}, followers = {} } = JSON.parse(state)
    for (const [name, seq] of Object.entries(cursors)) this.cursorsByName.set(name, seq as number)
    for (const [name, checkpoint] of Object.entries(followers)) this.followersByName.set(name, checkpoint as Checkpoint)
  }

  cursor(name: string): number | undefined {
    return this.cursorsByName.get(name)
  }

  setCursor(name: string, seq: number): void {
    if (this.cursorsByName.get(name) === seq) return
    assertName(name, this.cursorsByName)
    this.cursorsByName.set(name, seq)
    this.change()
  }

  removeCursor(name: string): void {
    if (this.cursorsByName.delete(name)) this.change()
  }

  cursors(): ReadonlyMap<string, number> {
    return this.cursorsByName
  }

  follower(name: string): Checkpoint | undefined {
    return this.followersByName.get(name)
  }

  setFollower(name: string, checkpoint: Checkpoint): void {
    const before = this.followersByName.get(name)
    if (before?.seq === checkpoint.seq && before.position === checkpoint.position) return
    assertName(name, this.followersByName)
    this.followersByName.set(name, { seq: checkpoint.seq, position: checkpoint.position })
    this.change()
  }

  removeFollower(name: string): void {
    if (this.followersByName.delete(name)) this.change()
  }

  followers(): ReadonlyMap<string, Checkpoint> {
    return this.followersByName
  }

  /** What a STATE block holds. */
  text(): string {
    return JSON.stringify({
      cursors: Object.fromEntries(this.cursorsByName),
      followers: Object.fromEntries(this.followersByName),
    })
  }

  private change(): void {
    this.changed = true
    this.onChange()
  }
}

/** @throws {InvalidArgumentError} unless a journal can keep this name beside the others. */
export function assertName(name: unknown, others: ReadonlyMap<string, unknown>): asserts name is string {
  if (typeof name !== 'string' || name.length === 0 || name.length > LONGEST_NAME) {
    throw invalid('name', `be a text of 1 to ${LONGEST_NAME} characters`, name)
  }
  if (name === '__proto__' || /\p{Surrogate}/u.test(name)) throw invalid('name', 'be well-formed text', name)
  if (others.has(name) || others.size < MOST_NAMES) return
  throw new InvalidArgumentError(`the journal keeps at most ${MOST_NAMES} names, '${name}' would be one more`, { name })
}
