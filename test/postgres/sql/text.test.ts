import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InvalidArgumentError } from '../../../src/errors.js'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import { ident, int4, int8, real, unsigned16, unsigned16List } from '../../../src/postgres/sql/text.js'
import { embedded } from '../support/databases.js'

describe('text of SQL that is made of values', () => {
  let driver: SqlDriver
  beforeAll(async () => {
    driver = await embedded()
  })
  afterAll(() => driver.close())

  const asText = async (text: string): Promise<unknown> => (await driver.query(`SELECT 1 - ${text} AS v`))[0]?.v

  test.each([0n, -1n, 2n ** 63n - 1n, -(2n ** 63n) + 2n, 2 ** 53 - 1, -(2 ** 53) + 1])(
    'the INT8 %s is that number for the database',
    async (value) => {
      expect(await asText(int8(value))).toBe(1n - BigInt(value))
    },
  )

  test('the least INT8 has a literal too', async () => {
    expect(await driver.query(`SELECT ${int8(-(2n ** 63n))} AS v`)).toEqual([{ v: -(2n ** 63n) }])
  })

  test.each([0, -1, 2 ** 31 - 1, -(2 ** 31) + 2])('the INT4 %s is that number for the database', async (value) => {
    expect(await asText(int4(value))).toBe(1 - value)
  })

  test.each([0, 5, 0x7fff, 0x8000, 0xffff])('the u16 %s is its bits for the database', async (value) => {
    const sql = `SELECT unsigned_16(${unsigned16(value)})::INT8 AS v, ${unsigned16(value)} = ANY (${unsigned16List([1, value])}) AS yes`
    expect(await driver.query(sql)).toEqual([{ v: BigInt(value), yes: true }])
  })

  test.each([0.1, -0, 1e-45, 3.4028234663852886e38, -1.17549435e-38, 16777217])(
    'the REAL %s keeps its bits',
    async (value) => {
      const [row] = await driver.query<{ bits: Uint8Array }>(`SELECT float4send(${real(value)}) AS bits`)
      const bits = row?.bits as Uint8Array
      expect(new DataView(bits.buffer, bits.byteOffset).getFloat32(0)).toBe(Math.fround(value))
    },
  )

  test.each<[string, () => string]>([
    ['a text', () => int8("1'; DROP TABLE x" as never)],
    ['a fraction', () => int8(1.5)],
    ['an unsafe integer', () => int8(2 ** 53)],
    ['2^63', () => int8(2n ** 63n)],
    ['less than -2^63', () => int8(-(2n ** 63n) - 1n)],
    ['2^31 as INT4', () => int4(2 ** 31)],
    ['a text as INT4', () => int4('1' as never)],
    ['a list with a text', () => unsigned16List([1, "2}'; --" as never])],
    ['NaN', () => real(Number.NaN)],
    ['Infinity', () => real(Number.POSITIVE_INFINITY)],
    ['what is infinite as a REAL', () => real(1e39)],
    ['a text as REAL', () => real('1' as never)],
    ['an object that pretends', () => int4({ valueOf: () => 1, toString: () => '1); --' } as never)],
    ['an empty name', () => ident('')],
    ['a name that PostgreSQL would cut', () => ident('x'.repeat(64))],
    ['a name with U+0000', () => ident('a\0b')],
    ['no name', () => ident(5 as never)],
  ])('%s is refused', (_, make) => {
    expect(make).toThrow(InvalidArgumentError)
  })

  test.each(['a"b', '"; DROP TABLE t; --', "it's", 'Größe', '$1', 'select'])(
    'the identifier %s is that name and nothing more',
    async (name) => {
      const [row] = await driver.query(`SELECT 1 AS ${ident(name)}`)
      expect(Object.keys(row as object)).toEqual([name])
    },
  )
})
