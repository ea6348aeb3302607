/**
 * Whether one JSON value contains another, as PostgreSQL's `@>` of JSONB decides it, for metadata that comes from files.
 *
 * @module
 */

/** `whole @> part`. An array on the outside contains a scalar that is one of its elements; further inside it does not. */
export function contains(whole: unknown, part: unknown): boolean {
  if (Array.isArray(whole) && isScalar(part)) return whole.some((element) => element === part)
  return isWithin(whole, part)
}

function isWithin(whole: unknown, part: unknown): boolean {
  if (isScalar(part)) return whole === part
  if (isScalar(whole) || Array.isArray(whole) !== Array.isArray(part)) return false
  if (Array.isArray(part)) {
    return part.every((wanted) => (whole as unknown[]).some((element) => isWithin(element, wanted)))
  }
  const fields = whole as Record<string, unknown>
  return Object.entries(part as object).every(([key, wanted]) => {
    return Object.hasOwn(fields, key) && isWithin(fields[key], wanted)
  })
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null
}
