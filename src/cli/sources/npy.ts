/**
 * The NPY format of NumPy: a header that says shape and type, then the values, row by row.
 *
 * The header is a Python literal; it is matched against the one form that NumPy writes and never evaluated. Types are
 * booleans, integers and floats of either byte order; objects, texts, structures and complex numbers are refused.
 * Values become f64: exact for all but integers beyond 2^53.
 *
 * @module
 */

import { InputError } from '../errors.js'

const MAGIC = Buffer.from('\x93NUMPY', 'latin1')
const LARGEST_HEADER_BYTES = 65_536
const LARGEST_DIMENSIONS = 32

/** What the header of an array says. */
export interface NpyHeader {
  /** As NumPy spells it, such as `<f4`. */
  dtype: string
  fortranOrder: boolean
  shape: number[]
  /** Bytes before the first value. */
  headerBytes: number
}

/** Decodes `count` values from the beginning of `bytes` into `out`. */
export type NpyDecoder = (bytes: DataView, count: number, out: Float64Array) => void

/** Bytes that must be there to know how long the header is. */
export const NPY_PREFIX_BYTES = 12

/** Length in bytes of prefix and header, from the first {@link NPY_PREFIX_BYTES}. */
export function npyHeaderBytes(prefix: Buffer, name: string): number {
  if (prefix.length < NPY_PREFIX_BYTES || !prefix.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new InputError(`${name} is no NPY array`)
  }
  const version = prefix[6] as number
  if (version < 1 || version > 3) throw new InputError(`${name} is of NPY version ${version}, expected 1, 2 or 3`)
  const length = version === 1 ? 10 + prefix.readUInt16LE(8) : 12 + prefix.readUInt32LE(8)
  if (length > LARGEST_HEADER_BYTES) throw new InputError(`${name} has a header of ${length} bytes, which is too long`)
  return Math.max(length, NPY_PREFIX_BYTES)
}

/** Reads prefix and header. */
export function parseNpyHeader(bytes: Buffer, name: string): NpyHeader {
  const headerBytes = npyHeaderBytes(bytes.subarray(0, NPY_PREFIX_BYTES), name)
  if (bytes.length < headerBytes) throw new InputError(`${name} ends within its header`)
  const text = bytes.toString('latin1', bytes[6] === 1 ? 10 : 12, headerBytes).trim()
  const dtype = /'descr'\s*:\s*'([^']{1,32})'/.exec(text)?.[1]
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1]
  const shapeText = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(text)?.[1]
  if (!/^\{[^{}]*\}$/.test(text) || dtype === undefined || fortran === undefined || shapeText === undefined) {
    throw new InputError(`${name} has a header that is not understood: structured types are not supported`)
  }
  const shape = shapeText
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(Number)
  if (
    shape.length > LARGEST_DIMENSIONS ||
    !shape.every(Number.isSafeInteger) ||
    !Number.isSafeInteger(product(shape))
  ) {
    throw new InputError(`${name} has the shape (${shapeText}), which is too large`)
  }
  return { dtype, fortranOrder: fortran === 'True', shape, headerBytes }
}

/** Number of values of a shape. */
export function product(shape: readonly number[]): number {
  return shape.reduce((all, length) => all * length, 1)
}

/** Bytes per value and decoder of a type, or `undefined` if values of that type are not numbers. */
export function npyType(dtype: string): { bytes: number; decode: NpyDecoder } | undefined {
  const match = /^([<>|=])([bifu])([1248])$/.exec(dtype)
  if (match === null) return undefined
  const [, order, kind, size] = match
  const bytes = Number(size)
  if ((order === '|' || order === '=') && bytes > 1) return undefined
  const read = readerOf(`${kind}${size}`, order !== '>')
  if (read === undefined) return undefined
  const decode: NpyDecoder = (view, count, out) => {
    for (let i = 0; i < count; i++) out[i] = read(view, i * bytes)
  }
  return { bytes, decode }
}

function readerOf(type: string, little: boolean): ((view: DataView, at: number) => number) | undefined {
  switch (type) {
    case 'b1':
      return (view, at) => (view.getUint8(at) === 0 ? 0 : 1)
    case 'i1':
      return (view, at) => view.getInt8(at)
    case 'u1':
      return (view, at) => view.getUint8(at)
    case 'i2':
      return (view, at) => view.getInt16(at, little)
    case 'u2':
      return (view, at) => view.getUint16(at, little)
    case 'i4':
      return (view, at) => view.getInt32(at, little)
    case 'u4':
      return (view, at) => view.getUint32(at, little)
    case 'i8':
      return (view, at) => Number(view.getBigInt64(at, little))
    case 'u8':
      return (view, at) => Number(view.getBigUint64(at, little))
    case 'f2':
      return (view, at) => halfToNumber(view.getUint16(at, little))
    case 'f4':
      return (view, at) => view.getFloat32(at, little)
    case 'f8':
      return (view, at) => view.getFloat64(at, little)
    default:
      return undefined
  }
}

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >>> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
