/**
 * The standard output, with backpressure: nothing that is printed is held in memory as a whole.
 *
 * A reader that goes away (`| head`) is no error: the program ends quietly.
 *
 * @module
 */

import { once } from 'node:events'
import { describeError, ExitStatus } from './errors.js'

/** Where a command prints its result. */
export interface Output {
  /** Resolves when more may be written. */
  write(text: string): Promise<void>
}

/** Writes to a stream such as `process.stdout`. */
export class StreamOutput implements Output {
  readonly #stream: NodeJS.WritableStream

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream
  }

  async write(text: string): Promise<void> {
    if (!this.#stream.write(text)) await once(this.#stream, 'drain')
  }
}

/** Ends the program when a stream takes no more: quietly, with success, if nobody reads it any more. */
export function endOnOutputErrors(program: string, ...streams: NodeJS.WritableStream[]): void {
  for (const stream of streams) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(ExitStatus.OK)
      process.stderr.write(`${program}: cannot write the output: ${describeError(error)}\n`)
      process.exit(ExitStatus.FAILED)
    })
  }
}
