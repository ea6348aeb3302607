/**
 * Writes `.npz` files without any of the code under test: NPY headers and a zip archive, byte by byte.
 *
 * @module
 */

import { deflateRawSync } from 'node:zlib'

export interface ZipEntry {
  name: string
  bytes: Buffer
  /** Default: deflated. */
  method?: number
  /** What the archive declares instead of the true size. */
  declaredBytes?: number
  /** What the archive declares instead of the true checksum. */
  declaredCrc?: number
  flags?: number
}

export interface NpyOptions {
  dtype: string
  shape: number[]
  fortran?: boolean
  version?: 1 | 2
  /** Replaces the whole header text. */
  header?: string
}

/** An NPY array around raw values. */
export function npy(values: Uint8Array, { dtype, shape, fortran = false, version = 1, header }: NpyOptions): Buffer {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const literal = header ?? `{'descr': '${dtype}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${tuple}, }`
  const prefixBytes = version === 1 ? 10 : 12
  const padded = `${literal.padEnd(Math.ceil((prefixBytes + literal.length + 1) / 64) * 64 - prefixBytes - 1)}\n`
  const prefix = Buffer.alloc(prefixBytes)
  prefix.write('\x93NUMPY', 'latin1')
  prefix[6] = version
  if (version === 1) prefix.writeUInt16LE(padded.length, 8)
  else prefix.writeUInt32LE(padded.length, 8)
  return Buffer.concat([prefix, Buffer.from(padded, 'latin1'), values])
}

/** The bytes of a typed array. */
export function raw(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

/** A zip archive. */
export function zip(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const { name, bytes, method = 8, flags = 0 } = entry
    const data = method === 8 ? deflateRawSync(bytes) : bytes
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(flags, 2)
    fields.writeUInt16LE(method, 4)
    fields.writeUInt32LE(entry.declaredCrc ?? crc32(bytes), 10)
    fields.writeUInt32LE(data.length, 14)
    fields.writeUInt32LE(entry.declaredBytes ?? bytes.length, 18)
    fields.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, Buffer.from(name), data])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(offset, 10)
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, tail, Buffer.from(name))
    parts.push(local)
    offset += local.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, central, end])
}

/** Bit by bit, as the polynomial says. */
function crc32(bytes: Buffer): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}

export interface Trajectories {
  /** Observations of all trajectories, one row of `width` values each. */
  obs: Float32Array
  width: number
  acts: BigInt64Array
  rews: Float64Array
  /** Number of actions of each trajectory. */
  lengths: number[]
  terminal: boolean[]
}

/** Trajectories of the given lengths with arbitrary finite bits as observations. */
export function makeTrajectories(lengths: number[], width: number): Trajectories {
  const actions = lengths.reduce((sum, length) => sum + length, 0)
  const words = new Uint32Array((actions + lengths.length) * width)
  let word = 0x2545f491
  for (let i = 0; i < words.length; i++) {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0
    // an exponent of all ones would be infinite or no number
    words[i] = (word & 0x7f800000) === 0x7f800000 ? word & ~0x40000000 : word
  }
  return {
    obs: new Float32Array(words.buffer),
    width,
    acts: BigInt64Array.from({ length: actions }, (_, i) => BigInt(i % 5)),
    rews: Float64Array.from({ length: actions }, (_, i) => (i % 7) / 4 - 0.5),
    lengths,
    terminal: lengths.map((_, i) => i % 3 !== 1),
  }
}

/** The entries of an archive as imitation writes it, pickled `infos` included. */
export function trajectoryEntries({ obs, width, acts, rews, lengths, terminal }: Trajectories): ZipEntry[] {
  const bounds: bigint[] = []
  let sum = 0
  for (const length of lengths.slice(0, -1)) {
    sum += length
    bounds.push(BigInt(sum))
  }
  const flags = Uint8Array.from(terminal, Number)
  return [
    { name: 'obs.npy', bytes: npy(raw(obs), { dtype: '<f4', shape: [obs.length / width, width] }) },
    { name: 'acts.npy', bytes: npy(raw(acts), { dtype: '<i8', shape: [acts.length] }) },
    {
      name: 'infos.npy',
      bytes: npy(Buffer.from('cos\nsystem\n(S"false"\ntR.'), { dtype: '|O', shape: [acts.length] }),
    },
    { name: 'terminal.npy', bytes: npy(flags, { dtype: '|b1', shape: [terminal.length] }) },
    { name: 'indices.npy', bytes: npy(raw(BigInt64Array.from(bounds)), { dtype: '<i8', shape: [bounds.length] }) },
    { name: 'rews.npy', bytes: npy(raw(rews), { dtype: '<f8', shape: [rews.length] }) },
  ]
}
