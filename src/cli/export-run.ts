/**
 * An export under way: batches into a target, with progress, ended by Ctrl-C between two of them.
 *
 * @module
 */

import type { HistoryBatch } from '../storage/history/batch.js'
import { nextTurn } from '../storage/history/turn.js'
import type { CommandContext } from './command.js'
import { ExitStatus, InputError } from './errors.js'
import { EventFiles } from './export-files.js'
import { LineFile, PrintedLines } from './export-lines.js'
import type { ExportOptions } from './export-options.js'
import type { ExportTarget, TargetFormat } from './export-target.js'
import type { Output } from './output.js'
import { Progress } from './progress.js'
import { counted, size } from './text.js'

/** Opens a target; nothing is there yet. @throws InputError if it exists already */
export function openTarget(format: TargetFormat, name: string, out: Output): ExportTarget {
  if (format === 'ndjson') return name === '-' ? new PrintedLines(out) : new LineFile(name)
  return new EventFiles(name, format)
}

/** Events on their way to a target. */
export interface ExportedEvents {
  /** What messages call the place that they come from. */
  readonly name: string
  readonly batches: AsyncIterable<HistoryBatch>
  /** The numbers that there are, [startSeq, endSeq), for the progress. */
  readonly startSeq: number
  readonly endSeq: number
  /** Looks at the result before it gets its name; a rejection leaves it unfinished. */
  check?(): Promise<void>
}

/** Writes everything, and tells what was written. @returns the exit status */
export async function runExport(
  { name, batches, startSeq, endSeq, check }: ExportedEvents,
  target: ExportTarget,
  options: ExportOptions,
  { out, err, signal }: CommandContext,
): Promise<number> {
  const progress = new Progress(err, !options.quiet)
  try {
    for await (const batch of batches) {
      await target.take(batch)
      // An output that takes everything at once lets no signal through.
      await nextTurn()
      signal.throwIfAborted()
      progress.update(target.events, 0, (batch.end - startSeq) / Math.max(1, endSeq - startSeq))
    }
    if (target.events === 0) throw new InputError(`nothing was exported: ${name} has no such event`)
    await check?.()
    await target.finish()
    progress.clear()
    await tell(target, name, options, false, out)
    return ExitStatus.OK
  } catch (error) {
    progress.clear()
    await target.abandon()
    if (!signal.aborted) throw error
    await tell(target, name, options, true, out)
    return ExitStatus.INTERRUPTED
  }
}

async function tell(
  { written, files, bytes }: ExportTarget,
  directory: string,
  { format, out: name, json }: ExportOptions,
  interrupted: boolean,
  out: Output,
): Promise<void> {
  if (json) {
    await out.write(`${JSON.stringify({ directory, format, out: name, events: written, files, bytes, interrupted })}\n`)
  } else if (name !== '-') {
    const stopped = interrupted ? ', interrupted' : ''
    await out.write(`${name}: ${counted(written, 'event')} in ${counted(files, 'file')}, ${size(bytes)}${stopped}\n`)
  }
}
