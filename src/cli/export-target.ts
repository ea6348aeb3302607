/**
 * Where exported events go: one file, the files of a folder, or lines of text. A file appears under its name when it is
 * whole and safe on the disk; one that exists is never replaced.
 *
 * @module
 */

import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { EventsBuilder } from '../storage/cold/events.js'
import type { FileFormat } from '../storage/cold/file-format.js'
import { formatOf } from '../storage/cold/formats.node.js'
import type { HistoryBatch } from '../storage/history/batch.js'
import { describeError, InputError } from './errors.js'
import { eventLine } from './event-json.js'
import type { Output } from './output.js'

/** What events can be written as. */
export const TARGETS = ['parquet', 'messagepack', 'ndjson'] as const
export type TargetFormat = (typeof TARGETS)[number]

/** Events in a file of a folder, and in a file that is asked for by name: they are held in memory until it is whole. */
const FOLDER_FILE_EVENTS = 250_000
const MOST_IN_ONE_FILE = 1_000_000
const UNFINISHED = '.tmp'

/** Takes events in order. */
export interface ExportTarget {
  /** Events that it took. */
  readonly events: number
  /** Those that are in whole files, how many files these are, and their bytes. */
  readonly written: number
  readonly files: number
  readonly bytes: number
  take(batch: HistoryBatch): Promise<void>
  finish(): Promise<void>
  /** Removes what is not whole. */
  abandon(): Promise<void>
}

/** Opens a target; nothing is there yet. @throws InputError if it exists already */
export function openTarget(format: TargetFormat, name: string, out: Output): ExportTarget {
  if (format === 'ndjson') return name === '-' ? new PrintedLines(out) : new LineFile(name)
  return new EventFiles(name, format)
}

/** Files of events, one or those of a folder. */
class EventFiles implements ExportTarget {
  events = 0
  written = 0
  files = 0
  bytes = 0
  readonly #name: string
  readonly #extension: string
  readonly #single: boolean
  #format: FileFormat | undefined
  #rows: EventsBuilder | undefined

  constructor(name: string, extension: string) {
    this.#name = name
    this.#extension = extension
    this.#single = name.endsWith(`.${extension}`)
    if (this.#single) assertAbsent(name)
    else prepareFolder(name)
  }

  async take(batch: HistoryBatch): Promise<void> {
    const most = this.#single ? MOST_IN_ONE_FILE : FOLDER_FILE_EVENTS
    this.events += batch.length
    if (this.#single && this.events > most) {
      throw new InputError(`${this.#name} would have more than ${most} events: name a folder, which gets several files`)
    }
    for (let from = 0; from < batch.length; ) {
      this.#rows ??= new EventsBuilder(most)
      from += this.#rows.append(batch, from, batch.length)
      if (this.#rows.length === most) await this.#write(this.#rows)
    }
  }

  async finish(): Promise<void> {
    if (this.#rows !== undefined) await this.#write(this.#rows)
  }

  async abandon(): Promise<void> {
    this.#rows = undefined
  }

  async #write(rows: EventsBuilder): Promise<void> {
    this.#rows = undefined
    this.#format ??= await formatOf(this.#extension)
    const file = `events-${String(this.files).padStart(6, '0')}.${this.#extension}`
    const path = this.#single ? this.#name : join(this.#name, file)
    const bytes = await this.#format.encode(rows.finish())
    await safely(path, async () => {
      const handle = await open(path + UNFINISHED, 'w')
      await using(handle, () => handle.writeFile(bytes))
    })
    this.written += rows.length
    this.files++
    this.bytes += bytes.length
  }
}

/** A file of lines. */
class LineFile implements ExportTarget {
  events = 0
  written = 0
  files = 0
  bytes = 0
  readonly #name: string
  #handle: FileHandle | undefined

  constructor(name: string) {
    this.#name = name
    assertAbsent(name)
  }

  async take(batch: HistoryBatch): Promise<void> {
    const lines = Buffer.from(linesOf(batch))
    try {
      this.#handle ??= await open(this.#name + UNFINISHED, 'w')
      await this.#handle.writeFile(lines)
    } catch (error) {
      throw unwritable(this.#name, error)
    }
    this.events += batch.length
    this.bytes += lines.length
  }

  async finish(): Promise<void> {
    const handle = this.#handle as FileHandle
    this.#handle = undefined
    await safely(this.#name, () => using(handle, async () => {}))
    this.written = this.events
    this.files = 1
  }

  async abandon(): Promise<void> {
    if (this.#handle === undefined) return
    await this.#handle.close()
    await rm(this.#name + UNFINISHED, { force: true })
    this.bytes = 0
  }
}

/** Lines on the standard output. */
class PrintedLines implements ExportTarget {
  events = 0
  readonly files = 0
  bytes = 0
  readonly #out: Output

  constructor(out: Output) {
    this.#out = out
  }

  get written(): number {
    return this.events
  }

  async take(batch: HistoryBatch): Promise<void> {
    for (let i = 0; i < batch.length; i++) await this.#out.write(eventLine(batch, i))
    this.events += batch.length
  }

  async finish(): Promise<void> {}

  async abandon(): Promise<void> {}
}

function linesOf(batch: HistoryBatch): string {
  let text = ''
  for (let i = 0; i < batch.length; i++) text += eventLine(batch, i)
  return text
}

function assertAbsent(name: string): void {
  if (existsSync(name)) throw new InputError(`cannot write ${name}: it exists already`)
}

function prepareFolder(name: string): void {
  const status = statSync(name, { throwIfNoEntry: false })
  if (status !== undefined && !status.isDirectory()) throw new InputError(`cannot write to ${name}: it is no folder`)
  if (status !== undefined && readdirSync(name).length > 0) {
    throw new InputError(`cannot write to ${name}: the folder is not empty`)
  }
  try {
    mkdirSync(name, { recursive: true })
  } catch (error) {
    throw unwritable(name, error)
  }
}

/** Makes what `write` leaves under the unfinished name safe under its own. */
async function safely(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write()
    await rename(path + UNFINISHED, path)
    const folder = await open(dirname(path), 'r')
    await using(folder, async () => {})
  } catch (error) {
    await rm(path + UNFINISHED, { force: true })
    throw unwritable(path, error)
  }
}

/** Syncs and closes a file behind `work`. */
async function using(handle: FileHandle, work: () => Promise<void>): Promise<void> {
  try {
    await work()
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function unwritable(path: string, error: unknown): InputError {
  return new InputError(`cannot write ${path}: ${describeError(error)}`)
}
