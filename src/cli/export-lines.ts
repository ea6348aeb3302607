/**
 * Exported events as lines of JSON: in a file, or printed.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import type { HistoryBatch } from '../storage/history/batch.js'
import { eventLine } from './event-json.js'
import type { ExportTarget } from './export-target.js'
import type { Output } from './output.js'
import { assertAbsent, safely, UNFINISHED, unwritable, using } from './whole-files.js'

const NEWLINE = 10
/** Bytes that are read at once of a file that is gone on with. */
const PIECE_BYTES = 1024 * 1024

/** A file of lines. One that was left unfinished can be gone on with. */
export class LineFile implements ExportTarget {
  events = 0
  written = 0
  files = 0
  bytes = 0
  readonly #name: string
  #handle: FileHandle | undefined
  #keeps = false

  constructor(name: string) {
    this.#name = name
    assertAbsent(name)
  }

  /**
   * Goes on with what an earlier attempt has left, whose last line may not be whole, and leaves it when it is abandoned
   * itself. @returns the sequence number of its last event; undefined if there is none
   */
  async resume(): Promise<number | undefined> {
    this.#keeps = true
    if (!existsSync(this.#name + UNFINISHED)) return undefined
    try {
      this.#handle = await open(this.#name + UNFINISHED, 'r+')
      const { end, lines, last } = await wholeLines(this.#handle)
      await this.#handle.truncate(end)
      this.bytes = end
      this.events = lines
      return last === undefined ? undefined : JSON.parse(last).seq
    } catch (error) {
      throw unwritable(this.#name, error)
    }
  }

  async take(batch: HistoryBatch): Promise<void> {
    const lines = Buffer.from(linesOf(batch))
    try {
      this.#handle ??= await open(this.#name + UNFINISHED, 'w')
      // One after the other: where the handle stands is not where the lines end.
      for (let at = 0; at < lines.length; ) {
        at += (await this.#handle.write(lines, at, lines.length - at, this.bytes + at)).bytesWritten
      }
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
    if (!this.#keeps) await rm(this.#name + UNFINISHED, { force: true })
    this.bytes = 0
  }
}

/** Lines on the standard output. */
export class PrintedLines implements ExportTarget {
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

/** Where the last whole line of a file ends, how many there are, and what it says. */
async function wholeLines(handle: FileHandle): Promise<{ end: number; lines: number; last: string | undefined }> {
  const piece = Buffer.alloc(PIECE_BYTES)
  let [at, lines, begin, end] = [0, 0, 0, 0]
  for (;;) {
    const { bytesRead } = await handle.read(piece, 0, piece.length, at)
    if (bytesRead === 0) break
    for (let i = piece.indexOf(NEWLINE); i >= 0 && i < bytesRead; i = piece.indexOf(NEWLINE, i + 1)) {
      lines++
      begin = end
      end = at + i + 1
    }
    at += bytesRead
  }
  if (lines === 0) return { end, lines, last: undefined }
  const text = Buffer.alloc(end - begin)
  await handle.read(text, 0, text.length, begin)
  return { end, lines, last: text.toString() }
}
