/**
 * Moving streams into a database and out of it, verified: import of directories and files, export to files.
 *
 * @module
 */

import { invalid } from '../../errors.js'
import { idBytes } from '../../event/id.js'
import { FileColdStorage } from '../../storage/cold/file-cold-storage.node.js'
import { StorageError } from '../../storage/errors.js'
import type { StreamIdentity } from '../../storage/journal/source.js'
import type { RestorableStore } from '../../storage/restore/restorable-store.js'
import { assertChoice, assertInteger, assertKeys, assertSignal } from '../../stream/validate.js'
import { type Contents, compareContents } from './compare.js'
import { type CopyReport, type CopyTarget, copyStream } from './copy.js'
import { TransferMismatchError } from './errors.js'
import { openSource } from './open-source.js'
import type { StreamSource } from './source.js'
import { StoreSource } from './store-source.js'

/** What both directions take. */
export interface TransferOptions {
  /** Events in one commit at most, 1 to 65,536. Default 16,384. */
  readonly batchSize?: number | undefined
  /** Whether both sides are read and compared in the end. Default true. */
  readonly verify?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  /** Called behind each batch. */
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined
}

/** How far a transfer is. */
export interface TransferProgress {
  readonly phase: 'copying' | 'verifying'
  /** Numbers that are behind it, of how many. */
  readonly done: number
  readonly total: number
}

/** What a transfer did. */
export interface TransferReport extends Readonly<CopyReport> {
  readonly identity: StreamIdentity
  readonly origin: 'journal' | 'direct'
  /** The numbers of the stream, [startSeq, endSeq), that both sides have now. */
  readonly startSeq: number
  readonly endSeq: number
  /** What both sides hold; undefined without `verify`. */
  readonly contents: Contents | undefined
  readonly elapsedMs: number
}

/** A store that can be moved into, and out of. `PostgresBackend` is one. */
export type TransferStore = CopyTarget & RestorableStore

/** A stream that is about to be imported. */
export type IncomingStream = Pick<StreamSource, 'identity' | 'origin'>

/** The store that takes a stream, or how to come by it once it is known which stream that is. Closing it is the caller's. */
export type ImportTarget = TransferStore | ((stream: IncomingStream) => TransferStore | Promise<TransferStore>)

/** What `importEvents` takes. */
export interface ImportOptions extends TransferOptions {
  /**
   * What to call the stream of files that do not say which one they are of; default: an id that their bytes give. Of a
   * source that knows its stream it must be the id.
   */
  readonly streamId?: string | undefined
}

/** What `exportEvents` takes. */
export interface ExportOptions extends TransferOptions {
  /** Default `'parquet'`. */
  readonly format?: 'parquet' | 'messagepack' | undefined
}

const KEYS = ['batchSize', 'verify', 'signal', 'onProgress']
const DEFAULT_BATCH = 16_384
const LARGEST_BATCH = 65_536
/** How often a source that is written to meanwhile is looked at again. */
const MOST_ROUNDS = 5

/**
 * Imports a stream's directory, the directory of a `FileColdStorage`, or Parquet and MessagePack files, with rewards,
 * masks, metadata and numbers. A stream that a journal wrote may follow from there on; files without a manifest become a
 * stream of origin `'direct'`. Run again it goes on where it was, and takes what is new.
 *
 * @throws {StorageError} if the source cannot be read; {@link CorruptSegmentError} if it is damaged.
 * @throws {InvalidArgumentError} for a bad option, or if `streamId` is not that of the source.
 * @throws {StoreMismatchError} if the store holds another stream, or more of this one.
 * @throws {TransferMismatchError} if the two sides differ in the end.
 *
 * @example
 * ```ts
 * const stream = await openExperienceStream({ directory })
 * for (let i = 0; i < 1000; i++) stream.writeEvent({ stepNumber: i, rewardGoal: i / 8 })
 * await stream.close()
 * const backend = await PostgresBackend.connect('memory://')
 * const { copied, contents } = await importEvents(backend, directory)
 * console.log(copied, contents?.events, (await importEvents(backend, directory)).copied) // 1000 1000 0
 * const exported = await exportEvents(backend, 'out', { format: 'messagepack' })
 * console.log(exported.contents?.checksum === contents?.checksum) // true
 * await backend.close()
 * ```
 */
export async function importEvents(
  target: ImportTarget,
  path: string,
  options: ImportOptions = {},
): Promise<TransferReport> {
  assertKeys(options, 'options', [...KEYS, 'streamId'])
  const { streamId, ...rest } = options
  if (streamId !== undefined) idBytes(streamId)
  const settings = resolve(rest)
  const open = async (): Promise<StreamSource> => {
    const source = await openSource(path, { streamId, signal: settings.signal })
    if (streamId === undefined || streamId.toLowerCase() === source.identity.streamId) return source
    await source.close()
    throw invalid('streamId', `be that of ${path}, ${source.identity.streamId}`, streamId)
  }
  return inRounds(open, target, settings)
}

/**
 * Exports the stream of a store into a directory: a `FileColdStorage`, which knows the stream's identity, so that it can
 * be imported again, restored from, or followed into. Run again it goes on where it was, and takes what is new.
 *
 * @throws {StoreMismatchError} if the directory holds another stream, or more of this one.
 * @throws {StorageError} if it cannot be written.
 * @throws {TransferMismatchError} if the two sides differ in the end.
 *
 * @example
 * ```ts
 * const backend = await PostgresBackend.connect('memory://')
 * await backend.writeBatch([{ stepNumber: 1 }, { stepNumber: 2 }])
 * const { copied, endSeq } = await exportEvents(backend, 'out')
 * console.log(copied, endSeq) // 2 2
 * await backend.close()
 * ```
 */
export async function exportEvents(
  store: RestorableStore,
  directory: string,
  options: ExportOptions = {},
): Promise<TransferReport> {
  assertKeys(options, 'options', [...KEYS, 'format'])
  const { format = 'parquet', ...rest } = options
  assertChoice(format, 'format', ['parquet', 'messagepack'])
  const settings = resolve(rest)
  const target = new FileColdStorage(directory, { format, batchSize: LARGEST_BATCH })
  try {
    return await inRounds(() => sourceOf(store), target, settings)
  } finally {
    await target.close()
  }
}

type Settings = ReturnType<typeof resolve>

function resolve({ batchSize = DEFAULT_BATCH, verify = true, signal, onProgress }: TransferOptions) {
  assertInteger(batchSize, 'batchSize', 1, LARGEST_BATCH)
  assertSignal(signal)
  if (typeof verify !== 'boolean') throw invalid('verify', 'be true or false', verify)
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw invalid('onProgress', 'be a function', onProgress)
  }
  return { batchSize, verify, signal, onProgress }
}

async function sourceOf(store: RestorableStore): Promise<StreamSource> {
  const stored = await store.stored()
  if (stored !== undefined) return new StoreSource(store.name, store, stored)
  throw new StorageError(`the store '${store.name}' holds no stream`, { store: store.name })
}

/** Moves and compares; again if the source has been written to in between and differs because of it. */
async function inRounds(
  open: () => Promise<StreamSource>,
  target: ImportTarget,
  settings: Settings,
): Promise<TransferReport> {
  const began = performance.now()
  const sum: CopyReport = { copied: 0, corrected: 0, missing: 0 }
  let store: TransferStore | undefined
  for (let round = 1; ; round++) {
    const source = await open()
    try {
      store ??= typeof target === 'function' ? await target(source) : target
      const contents = await moved(source, store, settings, sum)
      const { identity, origin, end } = source
      const range = { startSeq: identity.firstSeq, endSeq: end.seq }
      return { identity, origin, ...range, ...sum, contents, elapsedMs: performance.now() - began }
    } catch (error) {
      if (!(error instanceof TransferMismatchError) || round === MOST_ROUNDS) throw error
      if (!(await hasMoved(open, source))) throw error
    } finally {
      await source.close()
    }
  }
}

async function moved(source: StreamSource, store: TransferStore, settings: Settings, sum: CopyReport) {
  const { batchSize, verify, signal, onProgress } = settings
  const { firstSeq } = source.identity
  const total = source.end.seq - firstSeq
  const tell = (phase: TransferProgress['phase']) => (seq: number) =>
    onProgress?.({ phase, done: Math.min(total, seq - firstSeq), total })
  const report = await copyStream(source, store, { batchSize, signal, onStep: tell('copying') })
  sum.copied += report.copied
  sum.corrected += report.corrected
  sum.missing += report.missing
  if (!verify) return undefined
  const { seq: endSeq } = source.end
  return compareContents(
    { name: source.name, events: source.query(firstSeq, endSeq, { batchSize, signal }) },
    { name: store.name, events: store.query({ startSeq: firstSeq, endSeq, batchSize, signal }) },
    tell('verifying'),
  )
}

async function hasMoved(open: () => Promise<StreamSource>, { end }: StreamSource): Promise<boolean> {
  const again = await open()
  await again.close()
  return again.end.seq !== end.seq || again.end.position !== end.position
}
