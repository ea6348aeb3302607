/**
 * What stands around the rows of a COPY in binary format.
 *
 * @module
 */

import { ExperienceError } from '../../errors.js'

/** Signature, flags, length of the extension. */
export const HEADER = Uint8Array.of(0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 10, 255, 13, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0)

/** In place of a number of fields: there are no more rows. */
export const TRAILER = Uint8Array.of(0xff, 0xff)

/** The result of a COPY is not what its statement asked for: another program stands between, or a column was changed. */
export class CopyFormatError extends ExperienceError {
  static override readonly className: string = 'CopyFormatError'

  constructor(what: string, offset: number) {
    super('COPY_FORMAT', `the result of a COPY is not as expected at byte ${offset}: ${what}`, { offset })
  }
}

/** The pieces as one, the rows alone: without header and trailer. @throws {CopyFormatError} */
export function rowsOf(pieces: readonly Uint8Array[]): Uint8Array {
  const all = pieces.length === 1 ? (pieces[0] as Uint8Array) : joined(pieces)
  const bare = HEADER.length + TRAILER.length
  if (all.length < bare) throw new CopyFormatError(`it has ${all.length} bytes, at least ${bare} are needed`, 0)
  for (let i = 0; i < HEADER.length; i++) {
    if (all[i] !== HEADER[i]) throw new CopyFormatError('the header is another one', i)
  }
  const end = all.length - TRAILER.length
  if (all[end] !== TRAILER[0] || all[end + 1] !== TRAILER[1]) throw new CopyFormatError('the trailer is missing', end)
  return all.subarray(HEADER.length, end)
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}
