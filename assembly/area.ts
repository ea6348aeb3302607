/**
 * Where the fixed areas of the layout begin. The plain module has one set of them, at the addresses of the layout; in
 * the shared ring each thread has a set of its own, and so each instance of that module its own base. What the compiler
 * makes of the plain module is the same as without the base.
 */

/** What an instance adds to the addresses of the fixed areas. */
let base: usize = 0

/** Says where this instance's fixed areas begin. */
export function moveAreas(to: usize): void {
  base = to
}

/** Where the fixed area that the layout places at `address` lies for this instance. */
@inline export function fixed(address: usize): usize {
  return ASC_FEATURE_THREADS ? base + address : address
}
