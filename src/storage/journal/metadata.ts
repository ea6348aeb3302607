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

const KEYS = ['intentType', 'executorId', 'parameters']
/** Deeper values would be a danger to the stack of whoever reads them. */
const DEEPEST = 64

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
    assertJson(parameters, 'metadata.parameters', [])
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

/** Halves of characters have no UTF-8: they would come back as something else. */
function assertText(value: string, where: string): void {
  if (/\p{Surrogate}/u.test(value)) throw invalid(where, 'be well-formed text', value)
}

function assertJson(value: unknown, where: string, above: readonly object[]): void {
  if (value === null || typeof value === 'boolean') return
  if (typeof value === 'string') return assertText(value, where)
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return
    throw invalid(where, 'be a finite number', value)
  }
  if (typeof value !== 'object') throw invalid(where, 'be JSON', value)
  if (above.includes(value)) throw new InvalidArgumentError(`${where} must not contain itself`)
  if (above.length === DEEPEST) throw invalid(where, `be nested at most ${DEEPEST} deep`, value)
  const path = [...above, value]
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) assertJson(value[i], `${where}[${i}]`, path)
    return
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if ((prototype !== Object.prototype && prototype !== null) || 'toJSON' in value) {
    throw invalid(where, 'be a plain object', value)
  }
  for (const [key, entry] of Object.entries(value)) {
    assertText(key, `a key of ${where}`)
    if (key === '__proto__') throw invalid(`a key of ${where}`, 'be another name', key)
    assertJson(entry, `${where}.${key}`, path)
  }
}
