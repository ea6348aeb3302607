/**
 * CRC-32 as in IEEE 802.3 and gzip: reflected polynomial 0xEDB88320. Here in plain TypeScript by slicing eight bytes at
 * a time, for platforms that have none; Node's own is in `crc32.node.ts`.
 *
 * @module
 */

/** The checksum of `bytes`, going on from `value`, which is that of the bytes before them. A u32. */
export type Crc32 = (bytes: Uint8Array, value?: number) => number

const TABLE = slicingTable()

/** Eight tables of 256: entry `256 · k + b` is byte `b` followed by `k` zero bytes. */
function slicingTable(): Int32Array {
  const table = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
    table[byte] = value
  }
  for (let i = 256; i < table.length; i++) {
    const before = table[i - 256] as number
    table[i] = (before >>> 8) ^ (table[before & 255] as number)
  }
  return table
}

/** The checksum in TypeScript, 1 to 2 GB/s. */
export const crc32: Crc32 = (bytes, value = 0) => {
  const t = TABLE
  const length = bytes.length
  let crc = ~value
  let i = 0
  for (const whole = length - 7; i < whole; i += 8) {
    const low =
      crc ^
      ((bytes[i] as number) |
        ((bytes[i + 1] as number) << 8) |
        ((bytes[i + 2] as number) << 16) |
        ((bytes[i + 3] as number) << 24))
    crc =
      (t[1792 + (low & 255)] as number) ^
      (t[1536 + ((low >>> 8) & 255)] as number) ^
      (t[1280 + ((low >>> 16) & 255)] as number) ^
      (t[1024 + (low >>> 24)] as number) ^
      (t[768 + (bytes[i + 4] as number)] as number) ^
      (t[512 + (bytes[i + 5] as number)] as number) ^
      (t[256 + (bytes[i + 6] as number)] as number) ^
      (t[bytes[i + 7] as number] as number)
  }
  for (; i < length; i++) crc = (crc >>> 8) ^ (t[(crc ^ (bytes[i] as number)) & 255] as number)
  return ~crc >>> 0
}
