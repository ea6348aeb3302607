/**
 * Exported events as Parquet or MessagePack files.
 *
 * @module
 */

import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { EventsBuilder } from '../storage/cold/events.js'
import type { FileFormat } from '../storage/cold/file-format.js'
import { formatOf } from '../storage/cold/formats.node.js'
import type { HistoryBatch } from '../storage/history/batch.js'
import { InputError } from './errors.js'
import type { ExportTarget } from './export-target.js'
import { assertAbsent, safely, UNFINISHED, unwritable, using } from './whole-files.js'

/** Events in a file of a folder, and in a file that is asked for by name: they are held in memory until it is whole. */
const FOLDER_FILE_EVENTS = 250_000
const MOST_IN_ONE_FILE = 1_000_000

/** Files of events, one or those of a folder. */
export class EventFiles implements ExportTarget {
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
