import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { isoMicros, unixMicros } from '../../src/cli/sources/time.js'

test('the calendar agrees with that of Date for every moment from 1970 to 2255', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9_007_199_254 }), (seconds) => {
      const d = new Date(seconds * 1000)
      const fields = [d.getUTCFullYear(), d.getUTCMonth() + 1, d.getUTCDate()] as const
      expect(unixMicros(...fields, d.getUTCHours(), d.getUTCMinutes(), d.getUTCSeconds(), 0)).toBe(seconds * 1e6)
      expect(isoMicros(d.toISOString())).toBe(seconds * 1e6)
    }),
  )
})

test('a zone is subtracted, a leap second belongs to the next minute, and µs are kept', () => {
  expect(isoMicros('2015-05-17T12:05:03+02:00')).toBe(Date.UTC(2015, 4, 17, 10, 5, 3) * 1000)
  expect(isoMicros('2015-05-17 05:35:03-0430')).toBe(Date.UTC(2015, 4, 17, 10, 5, 3) * 1000)
  expect(unixMicros(2016, 12, 31, 23, 59, 60, 0)).toBe(Date.UTC(2017, 0, 1) * 1000)
  expect(isoMicros('1970-01-01T00:00:00.1234567Z')).toBe(123_456)
  expect(isoMicros('2015-05-17')).toBe(Date.UTC(2015, 4, 17) * 1000)
})

test('a time without a zone is UTC, wherever the program runs', () => {
  const zone = process.env.TZ
  process.env.TZ = 'Asia/Tokyo'
  try {
    expect(isoMicros('2015-05-17T10:05:03')).toBe(Date.UTC(2015, 4, 17, 10, 5, 3) * 1000)
  } finally {
    if (zone === undefined) delete process.env.TZ
    else process.env.TZ = zone
  }
})

test('moments that do not exist or lie before 1970 are refused', () => {
  for (const text of [
    '2015-02-29',
    '2015-13-01',
    '2015-04-31',
    '2015-05-17T24:00:00',
    '1969-12-31',
    '17/05/2015',
    '5',
    '',
  ]) {
    expect(isoMicros(text), text).toBeUndefined()
  }
  expect(isoMicros('2000-02-29')).toBeDefined()
  expect(isoMicros('2100-02-29')).toBeUndefined()
})
