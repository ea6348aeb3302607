/**
 * Typed arrays of all widths on the same bytes.
 *
 * @module
 */

/** Views of the same bytes, aligned to 8. */
export interface Lanes {
  readonly u8: Uint8Array
  readonly u16: Uint16Array
  readonly u32: Uint32Array
  readonly u64: BigUint64Array
  readonly f32: Float32Array
}

/** Views of `bytes`, which must start at a multiple of 8. */
export function lanesOf(bytes: Uint8Array): Lanes {
  const { buffer, byteOffset, byteLength } = bytes
  return {
    u8: bytes,
    u16: new Uint16Array(buffer, byteOffset, byteLength >>> 1),
    u32: new Uint32Array(buffer, byteOffset, byteLength >>> 2),
    u64: new BigUint64Array(buffer, byteOffset, byteLength >>> 3),
    f32: new Float32Array(buffer, byteOffset, byteLength >>> 2),
  }
}
