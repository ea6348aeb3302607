/**
 * `experience-stream export URL`: the stream of a database as a directory of files, which knows the stream and can be gone
 * on with; or chosen events, single files and lines.
 *
 * @module
 */

import type { PostgresStore } from '../postgres/store/store.js'
import { TransferMismatchError } from '../postgres/transfer/errors.js'
import { exportEvents, type TransferProgress, type TransferReport } from '../postgres/transfer/transfer.js'
import type { ColdQuery } from '../storage/cold/cold-storage.js'
import { HistoryBatch } from '../storage/history/batch.js'
import type { CommandContext } from './command.js'
import { withDatabase, withStore } from './database.js'
import { ExitStatus, InputError } from './errors.js'
import { LineFile } from './export-lines.js'
import type { ExportOptions } from './export-options.js'
import { openTarget, runExport } from './export-run.js'
import { Progress } from './progress.js'
import { writeInterrupted, writeTransfer } from './transfer-text.js'

const BATCH = 16_384

/** Exports from a database. @returns the exit status */
export async function exportDatabase(options: ExportOptions, context: CommandContext): Promise<number> {
  const { source, streamId, archive, format, out, filter } = options
  const isWhole = format !== 'ndjson' && !out.endsWith(`.${format}`) && Object.keys(filter).length === 0
  const work = isWhole ? exportStream : exportChosen
  return withDatabase(source, context.signal, (driver) => {
    return withStore(driver, { streamId, archive }, (store) => work(store, driver.address, options, context))
  })
}

async function exportStream(
  store: PostgresStore,
  address: string,
  { format, out: name, json, quiet }: ExportOptions,
  { out, err, signal }: CommandContext,
): Promise<number> {
  const progress = new Progress(err, !quiet)
  const onProgress = ({ done, total }: TransferProgress): void => progress.update(done, 0, done / Math.max(1, total))
  const route = { from: address, to: name, json }
  let report: TransferReport
  try {
    report = await exportEvents(store, name, { format: format as 'parquet' | 'messagepack', signal, onProgress })
  } catch (error) {
    progress.clear()
    if (!signal.aborted) throw error
    await writeInterrupted(out, route)
    return ExitStatus.INTERRUPTED
  }
  progress.clear()
  await writeTransfer(out, report, route)
  return ExitStatus.OK
}

async function exportChosen(
  store: PostgresStore,
  address: string,
  options: ExportOptions,
  context: CommandContext,
): Promise<number> {
  const { filter, format, out: name } = options
  const stored = await store.stored()
  if (stored === undefined) throw new InputError(`nothing was exported: ${address} has no stream`)
  const { firstSeq: startSeq } = stored.identity
  const { seq: endSeq } = stored.checkpoint
  const target = openTarget(format, name, context.out)
  const isAll = target instanceof LineFile && Object.keys(filter).length === 0
  const last = isAll ? await target.resume() : undefined
  const query = { ...filter, startSeq: last === undefined ? startSeq : last + 1, endSeq, batchSize: BATCH }
  const check = async (): Promise<void> => {
    const expected = await store.count(startSeq, endSeq)
    if (!isAll || target.events === expected) return
    throw new TransferMismatchError(`${address} has ${expected} events, ${name} would have ${target.events}`, {
      events: [expected, target.events],
    })
  }
  const batches = batchesOf(store, { ...query, signal: context.signal })
  return runExport({ name: address, batches, startSeq, endSeq, check }, target, options, context)
}

async function* batchesOf(store: PostgresStore, query: ColdQuery): AsyncGenerator<HistoryBatch> {
  for await (const rows of store.query(query)) {
    const [start, end] = [rows.seqs[0] as number, (rows.seqs[rows.length - 1] as number) + 1]
    yield new HistoryBatch().fill([{ tier: store.name, rows, first: 0, count: rows.length, step: 1 }], start, end)
  }
}
