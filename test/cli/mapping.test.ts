import { expect, test } from 'vitest'
import { UsageError } from '../../src/cli/errors.js'
import { parseMapping, parseTypeCode } from '../../src/cli/sources/mapping.js'

test('the short and the long form say the same', () => {
  const short = parseMapping(
    'timestamp=ts:iso, episodeId=user:hash,eventType=kind:click=0xf001|a=b=ActionFailed,state.0=x:-1..1,flags=#2,stepNumber=n',
  )
  const long = parseMapping(
    JSON.stringify({
      timestamp: { column: 'ts', unit: 'iso' },
      episodeId: { column: 'user', hash: true },
      eventType: { column: 'kind', codes: { click: 0xf001, 'a=b': 'ActionFailed' } },
      'state.0': { column: 'x', range: [-1, 1] },
      flags: { value: '2' },
      stepNumber: 'n',
    }),
  )
  expect(short).toEqual(long)
  expect(short).toEqual([
    { field: 'timestamp', column: 'ts', unit: 'iso' },
    { field: 'episodeId', column: 'user', hash: true },
    {
      field: 'eventType',
      column: 'kind',
      codes: new Map([
        ['click', 0xf001],
        ['a=b', 0x0202],
      ]),
    },
    { field: 'state.0', column: 'x', range: [-1, 1] },
    { field: 'flags', value: '2' },
    { field: 'stepNumber', column: 'n' },
  ])
})

test('a mistake names the field and what was expected', () => {
  const cases: [string, RegExp][] = [
    ['ts', /has "ts", expected field=column/],
    ['time=ts', /unknown field "time", expected one of timestamp, eventId/],
    ['state.8=x', /unknown field "state.8"/],
    ['timestamp=ts', /timestamp no unit, expected timestamp=ts:iso\|s\|ms\|us/],
    ['timestamp=ts:min', /unit "min", expected one of iso, s, ms, us/],
    ['timestamp=', /timestamp no column/],
    ['timestamp=:ms', /timestamp no column/],
    ['stepNumber=n:hash', /":hash" behind the column of stepNumber/],
    ['eventType=k:click', /type code "click", expected value=code/],
    ['eventType=k:click=70000', /"click" the type code "70000", expected 0 to 0xffff/],
    ['state.0=x:1', /state.0 a range that is not of the form 0..100/],
    ['state.0=x:..1', /state.0 a range/],
    ['state.0=x:1..1', /state.0 a range/],
    ['state.0=x,state.0=y', /state.0 twice/],
    ['{"state.0":', /not valid JSON/],
    ['{"state.0": 5}', /state.0 neither text nor object/],
    ['{"state.0": {}}', /state.0 no column and no value/],
    ['{"state.0": {"column": "x", "scale": 2}}', /unknown key scale in state.0/],
    ['{"state.0": {"column": "x", "unit": "ms"}}', /state.0 a unit, only timestamp/],
    ['{"state.0": {"column": "x", "hash": true}}', /hashes state.0/],
    ['{"state.0": {"column": "x", "codes": {"a": 1}}}', /state.0 codes/],
    ['{"flags": {"column": "x", "range": [0, 1]}}', /flags a range, which it cannot have/],
    ['{"state.0": {"column": "x", "range": [0]}}', /state.0 a range/],
    ['{"timestamp": "ts"}', /timestamp no unit/],
  ]
  for (const [text, message] of cases) {
    expect(() => parseMapping(text), text).toThrow(message)
    expect(() => parseMapping(text), text).toThrow(UsageError)
  }
})

test('type codes are numbers, hexadecimal numbers or names', () => {
  expect([514, '514', '0x0202', 'ActionFailed'].map(parseTypeCode)).toEqual([514, 514, 514, 514])
  expect([-1, 65_536, 1.5, '', ' ', 'toString', 'x', null, true].map(parseTypeCode)).toEqual(
    new Array(9).fill(undefined),
  )
})
