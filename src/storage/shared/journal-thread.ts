/**
 * The life of the thread that writes the journal of a shared ring: it writes out what has settled, answers questions, and
 * sleeps. While events come it looks every millisecond, or at once when much has come, so that no write has to wake it;
 * after a quiet time it sleeps as subscribers do, until the next write. Its event loop turns between any two rounds.
 *
 * @module
 */

import * as L from '../../layout.js'
import { ANSWERED, ASKED, CALL, FAILURES, REFUSES_FAILED } from '../../threads/journal-words.js'
import type { SharedKernel } from '../../threads/shared-kernel.js'
import type { FromJournal, ToJournal } from './messages.js'
import type { SharedJournal } from './shared-journal.js'

const WAITING = (L.CONTROL + L.S_WAITING) >>> 2
const WAKE = (L.CONTROL + L.S_WAKE) >>> 2
const ROUND_MS = 1
/** Rounds in which nothing came before the thread sleeps until it is woken. */
const QUIET_ROUNDS = 20
/** Late writes wake nobody. */
const QUIET_MS = 100
const FLUSH_EVERY_MS = 5
const SYNC_EVERY_MS = 50
const RETRY_MS = 100
/** How long the end waits for threads that are in the middle of a write before it takes them for dead. */
const PATIENCE_MS = 1000

/** How the thread hears and speaks. */
export interface JournalChannel {
  /** The next message, without waiting. */
  receive(): ToJournal | undefined
  send(message: FromJournal): void
  /** Resolves once the event loop has turned. */
  turn(): Promise<void>
}

/** See the module. A thread that does other work as well calls `step` from time to time, and `end` in the end. */
export class JournalThread {
  private readonly kernel: SharedKernel
  private readonly journal: SharedJournal
  private readonly channel: JournalChannel
  private readonly receive = (): void => this.hear()
  private closing = false
  private failing = false
  /** Why not everything is in the journal in the end. */
  private left: string | undefined
  private segment: number
  /** The newest question, and the number that the journal must reach to answer it. */
  private asked = 0
  private target = 0
  private flushed = 0
  private synced = 0
  private quiet = 0

  constructor(kernel: SharedKernel, journal: SharedJournal, channel: JournalChannel) {
    this.kernel = kernel
    this.journal = journal
    this.channel = channel
    this.segment = journal.segment
  }

  /** Works until it is told to close, and closes. For a thread of its own. */
  async run(): Promise<void> {
    const { words } = this.journal.words
    while (true) {
      const call = Atomics.load(words, CALL)
      const moved = this.step()
      if (this.closing) break
      if (moved < Math.max(1, this.journal.backlog >>> 4)) this.sleep(call, moved)
      await this.channel.turn()
    }
    await this.end()
  }

  /** Whether it has been told to close: `end` is next. */
  get isClosing(): boolean {
    return this.closing
  }

  /** One round, which waits for nobody. Returns how many numbers the journal has taken. */
  step(): number {
    this.hear()
    return this.closing ? 0 : this.attempt(() => this.round())
  }

  private hear(): void {
    const { journal, channel } = this
    for (let message = channel.receive(); message !== undefined; message = channel.receive()) {
      if (message.kind === 'metadata') journal.addMetadata(message.seq, message.bytes)
      else if (message.kind === 'forget') journal.forget(message.seq)
      else if (message.kind === 'state') journal.setState(message.text)
      else if (message.kind === 'close') this.closing = true
      else {
        const { position } = message
        this.attempt(() => {
          journal.removeBefore(position)
          return 0
        })
      }
    }
  }

  private round(): number {
    const { journal } = this
    this.note()
    const moved = journal.writeSettled(this.receive)
    const now = performance.now()
    let answers = this.isAsked && journal.end >= this.target
    if (answers || now - this.flushed >= FLUSH_EVERY_MS) {
      const isWhole = journal.flush()
      answers &&= isWhole
      this.flushed = now
    }
    if (journal.isUnsynced && (answers || now - this.synced >= SYNC_EVERY_MS)) {
      journal.sync()
      this.synced = now
    }
    if (answers) this.answer()
    return moved
  }

  private get isAsked(): boolean {
    return this.asked !== Atomics.load(this.journal.words.words, ANSWERED)
  }

  /** Notes the newest question before anything is looked at that the answer is about. */
  private note(): void {
    const { core } = this.kernel
    const asked = Atomics.load(this.journal.words.words, ASKED)
    if (asked === this.asked) return
    this.asked = asked
    this.target = core.lastPublished(this.journal.end, core.claimed())
    // What was sent before the question.
    this.hear()
  }

  private answer(): void {
    Atomics.store(this.journal.words.words, ANSWERED, this.asked)
    this.journal.words.moved()
  }

  /** Runs a piece of work; what the disk refuses is told to all threads and tried again. */
  private attempt(work: () => number): number {
    const { journal, channel } = this
    try {
      const moved = work()
      if (this.failing) {
        this.failing = false
        journal.words.admit(REFUSES_FAILED)
      }
      if (journal.segment !== this.segment) {
        this.segment = journal.segment
        channel.send({ kind: 'rotated' })
      }
      return moved
    } catch (error) {
      this.fail(error instanceof Error ? error.message : String(error))
      return 0
    }
  }

  private fail(message: string): void {
    const { words } = this.journal
    const isNew = !this.failing
    this.failing = true
    words.refuse(REFUSES_FAILED, message)
    words.add(FAILURES, 1)
    words.moved()
    // Who waits at the gate is to see it.
    words.call()
    if (isNew) this.channel.send({ kind: 'failed', message })
  }

  private sleep(call: number, moved: number): void {
    const { words } = this.journal.words
    if (this.failing) {
      Atomics.wait(words, CALL, Atomics.load(words, CALL), RETRY_MS)
      return
    }
    this.quiet = moved > 0 || this.isAsked ? 0 : this.quiet + 1
    if (this.quiet < QUIET_ROUNDS) {
      Atomics.wait(words, CALL, call, ROUND_MS)
      return
    }
    const value = Atomics.load(words, WAKE)
    Atomics.store(words, WAITING, 1)
    const { core } = this.kernel
    const { end } = this.journal
    if (Atomics.load(words, CALL) !== call || core.isSettled(end) !== 0) return
    Atomics.wait(words, WAKE, value, QUIET_MS)
  }

  /** Writes everything out once nobody can write any more, and closes. */
  async end(): Promise<void> {
    const { core } = this.kernel
    const { journal } = this
    await this.endWrites()
    await this.endLateWrites()
    if (journal.isUnsynced) this.finish(() => journal.sync())
    const given = core.claimed()
    if (journal.end < given) this.left ??= `the journal ends at ${journal.end}, numbers below ${given} were given out`
    this.finish(() => journal.close())
    this.channel.send({ kind: 'closed', message: this.left })
  }

  /** Writes out all numbers that were given out, whoever has them. */
  private async endWrites(): Promise<void> {
    const { core } = this.kernel
    const { journal } = this
    const begin = performance.now()
    let dead = false
    while (this.left === undefined && journal.end < core.claimed() && !dead) {
      dead = performance.now() - begin > PATIENCE_MS
      this.retireAll(dead)
      this.finish(() => journal.writeSettled(this.receive))
      if (journal.end < core.claimed()) await this.channel.turn()
    }
  }

  /** Writes out all late writes that return, and has the others refused. */
  private async endLateWrites(): Promise<void> {
    const { journal } = this
    journal.endLateWrites()
    for (const begin = performance.now(); ; await this.channel.turn()) {
      // Who has died in the middle of one has not been told that it was applied.
      const dead = performance.now() - begin > PATIENCE_MS
      const isBusy = !dead && journal.isWrittenLate
      let isWhole = false
      this.finish(() => {
        isWhole = journal.flush()
      })
      if (dead && !isWhole) this.left ??= `${journal.waitingPosts} corrections that were posted are not in the journal`
      if (this.left !== undefined || (isWhole && !isBusy)) return
    }
  }

  /** One of the last pieces of work; what it fails for is what the journal is left without. */
  private finish(work: () => unknown): void {
    this.attempt(() => {
      work()
      return 0
    })
    if (this.failing) this.left ??= this.journal.words.reason(REFUSES_FAILED)
  }

  /** Takes from all others what they have claimed and not used; the ring is closed. */
  private retireAll(dead: boolean): void {
    const { core, all, index: own } = this.kernel
    for (let index = 0; index < this.kernel.control(L.S_MEMBERS); index++) {
      if (index === own) continue
      const line = L.MEMBERS + index * L.MEMBER_BYTES
      core.retire(index, all.getUint32(line + L.M_GENERATION, true), dead ? 1 : 0)
    }
  }
}
