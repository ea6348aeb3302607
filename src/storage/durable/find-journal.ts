/**
 * What stands at the beginning of opening any durable stream: recovery, and what follows from it for options and window.
 *
 * @module
 */

import { type JournalEnd, type JournalFolder, newJournal } from '../journal/journal-end.js'
import { type RecoveredJournal, recoverJournal } from '../journal/recover.js'
import type { JournalWindow } from '../journal/window.js'
import type { RestoreReport } from '../restore/restorable-store.js'
import { type ResolvedDurable, resolveDurable } from './options.js'
import type { DurableOptions, RecoveryReport } from './types.js'

/** Where a journal is to be found, or begun. */
export interface JournalPlace extends JournalFolder {
  readonly powerLoss?: boolean | undefined
  readonly firstSeq?: number | undefined
  /** Where the journal comes from if it has just been restored. */
  readonly restored?: RestoreReport | undefined
}

/** A journal that was recovered, or the beginning of a new one. */
export interface FoundJournal {
  /** Undefined if there was none. */
  readonly found: RecoveredJournal | undefined
  /** The options, with what the journal knows. */
  readonly resolved: ResolvedDurable
  readonly end: JournalEnd
  readonly window: JournalWindow
  /** The report, once the window is restored. @param restoringMs when restoring began: making a ring takes its time. */
  report(restoringMs: number): RecoveryReport
}

/** Recovers a journal. @param withAborted whether the window may hold numbers that never became events. */
export function findJournal(place: JournalPlace, options: DurableOptions, withAborted = false): FoundJournal {
  const { recover } = resolveDurable(options)
  const { powerLoss, firstSeq = 0, restored } = place
  const begin = performance.now()
  const found = recoverJournal(place, { mode: recover, capacity: options.capacity, powerLoss })
  const recovered = performance.now()
  const resolved = resolveDurable(options, found?.end.identity)
  const { capacity, requiredMask } = resolved.stream
  const end = found?.end ?? newJournal({ capacity, requiredMask, firstSeq })
  const window = found?.window(withAborted) ?? { startSeq: end.nextSeq, endSeq: end.nextSeq }
  const report = (restoringMs: number): RecoveryReport => ({
    created: found === undefined || restored !== undefined,
    restored,
    ...window,
    bytes: found?.bytes ?? 0,
    elapsedMs: recovered - begin + performance.now() - restoringMs,
    torn: found?.torn,
    damage: found?.damage ?? [],
  })
  return { found, resolved, end, window, report }
}
