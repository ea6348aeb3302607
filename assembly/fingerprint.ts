/** One step of a layout's fingerprint; `src/kernel/fingerprint.ts` takes the same. */
@inline export function mix(hash: u32, value: u32): u32 {
  return hash * 31 + value
}
