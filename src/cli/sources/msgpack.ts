/**
 * MessagePack: a stream of maps, one event for each; the fields are those of NDJSON.
 *
 * Maps may have been packed as msgpackr's records. A value that is no map is malformed, and so is an incomplete last
 * one. Bytes that cannot be decoded end the input with an error, since nothing tells where the next value begins; so
 * does a value that is longer than 1 MiB, so that memory stays bounded.
 *
 * @module
 */

import { once } from 'node:events'
import { UnpackrStream } from 'msgpackr'
import { InputError } from '../errors.js'
import type { RowSink, SourceCounts } from '../rows.js'
import { MAX_LINE_BYTES } from './lines.js'
import type { FieldRule } from './mapping.js'
import { isRecord } from './ndjson.js'
import { RecordMapper } from './record.js'

/** Bytes given to the decoder at once; it holds all values of a piece until they are taken. */
const PIECE_BYTES = 64 * 1024

/** Reads one MessagePack stream; feed it chunks, then call `end`. */
export class MsgpackSource {
  readonly #sink: RowSink
  readonly #mapper: RecordMapper
  readonly #decoder = new UnpackrStream({ mapsAsObjects: true, maxIncompleteBufferSize: MAX_LINE_BYTES })
  #values = 0
  #failure: Error | undefined

  constructor(sink: RowSink, salt: Uint8Array | string, rules?: readonly FieldRule[]) {
    this.#sink = sink
    this.#mapper = new RecordMapper(sink, salt, rules)
    this.#decoder.on('data', (value: unknown) => this.#take(value))
    this.#decoder.on('error', (error: Error) => {
      this.#failure = error
    })
  }

  get counts(): SourceCounts {
    const { episodes, forgotten } = this.#mapper.steps
    return { records: this.#values, blank: 0, episodes, forgotten }
  }

  async push(chunk: Buffer): Promise<void> {
    for (let from = 0; from < chunk.length; from += PIECE_BYTES) {
      await this.#write(chunk.subarray(from, from + PIECE_BYTES))
      if (this.#failure) throw new InputError(`value ${this.#values + 1} cannot be read: ${this.#failure.message}`)
    }
  }

  async end(): Promise<void> {
    this.#decoder.end()
    try {
      await once(this.#decoder, 'end')
    } catch {
      this.#values++
      this.#sink.malformed(this.#values, 'the value is incomplete')
    }
  }

  /** Resolves when the decoder has taken the piece and handed over its values, or has failed. */
  #write(piece: Buffer): Promise<void> {
    return new Promise((resolve) => {
      this.#decoder.write(piece, () => resolve())
    })
  }

  #take(value: unknown): void {
    this.#values++
    if (isRecord(value)) this.#mapper.take(value, this.#values)
    else this.#sink.malformed(this.#values, 'the value is no map')
  }
}
