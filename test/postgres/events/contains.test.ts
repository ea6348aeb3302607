import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import { contains } from '../../../src/postgres/events/contains.js'
import { embedded } from '../support/databases.js'

let driver: SqlDriver

beforeAll(async () => {
  driver = await embedded()
})

afterAll(() => driver.close())

const scalar = fc.constantFrom(null, true, false, 0, 1, 1.5, -1e300, '', 'a', 'é', '1')
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('a', 'b', ''), tie('value'), { maxKeys: 3 }),
  ),
})).value

/** A part of a value, so that half of the questions have the answer yes. */
function partOf(value: unknown, keep: () => boolean): unknown {
  if (Array.isArray(value)) return value.filter(keep).map((element) => partOf(element, keep))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(keep)
      .map(([key, entry]) => [key, partOf(entry, keep)]),
  )
}

const question = fc.oneof(
  fc.tuple(json, json),
  fc
    .tuple(json, fc.infiniteStream(fc.boolean()))
    .map(([whole, bits]) => [whole, partOf(whole, () => bits.next().value)]),
)

test('one value contains another as PostgreSQL says', async () => {
  const answers = new Set<boolean>()
  await fc.assert(
    fc.asyncProperty(fc.array(question, { minLength: 50, maxLength: 50 }), async (questions) => {
      const rows = await driver.query<{ answer: boolean }>(
        `SELECT whole::JSONB @> part::JSONB AS answer FROM unnest($1::TEXT[], $2::TEXT[]) WITH ORDINALITY AS q (whole, part, i)
          ORDER BY i`,
        [questions.map(([whole]) => JSON.stringify(whole)), questions.map(([, part]) => JSON.stringify(part))],
      )
      questions.forEach(([whole, part], i) => {
        const answer = contains(whole, part)
        answers.add(answer)
        expect({ whole, part, answer: String(answer)[0] }).toEqual({ whole, part, answer: String(rows[i]?.answer)[0] })
      })
    }),
    { numRuns: 40 },
  )
  expect(answers.size).toBe(2)
})
