/**
 * Metadata of events: any JSON, checked so that nothing of it is changed on the way, and its bytes in the journal, which
 * are the MessagePack of {@link EventMetadata}.
 *
 * @module
 */

import { Packr } from 'msgpackr'
import { InvalidArgumentError, invalid } from '../../errors.js'
import { assertKeys } from '../../stream/validate.js'
import type { EventMetadata } from '../cold/cold-storage.js'
import { assertJson, assertText } from '../json.js'

const KEYS = ['intentType', 'executorId', 'parameters']

const packr = new Packr({ useRecords: false, mapsAsObjects: true })

/**
 * The bytes of metadata. They are the caller's.
 * @throws {InvalidArgumentError} naming the place of what is no JSON, or if there are more than `maxBytes`.
 */
export function packMetadata(metadata: EventMetadata, maxBytes: number): Uint8Array {
  assertKeys(metadata, 'metadata', KEYS)
  const { intentType, executorId, parameters } = metadata
  const kept: Record<string, unknown> = {}
  if (intentType !== undefined) kept.intentType = text(intentType, 'metadata.intentType')
  if (executorId !== undefined) kept.executorId = text(executorId, 'metadata.executorId')
  if (parameters !== undefined) {
    assertJson(parameters, 'metadata.parameters')
    kept.parameters = parameters
  }
  // A copy: the packer's own buffer is shared between calls.
  const bytes = Uint8Array.from(packr.pack(kept))
  if (bytes.length <= maxBytes) return bytes
  throw new InvalidArgumentError(`metadata must have at most ${maxBytes} bytes when packed, it has ${bytes.length}`, {
    bytes: bytes.length,
    maxBytes,
  })
}

/** The metadata of bytes that `packMetadata` made. */
export function unpackMetadata(bytes: Uint8Array): EventMetadata {
  return packr.unpack(bytes)
}

function text(value: unknown, where: string): string {
  if (typeof value !== 'string') throw invalid(where, 'be a string', value)
  assertText(value, where)
  return value
}
