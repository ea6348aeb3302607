import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InvalidArgumentError } from '../../../src/index.js'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import { refreshAnalytics } from '../../../src/postgres/knowledge/analytics.js'
import { Configuration } from '../../../src/postgres/knowledge/configuration.js'
import { Metrics } from '../../../src/postgres/knowledge/metrics.js'
import { Policies } from '../../../src/postgres/knowledge/policies.js'
import { Streams } from '../../../src/postgres/store/streams.js'
import { embedded } from '../support/databases.js'
import { IMPOSSIBLE_TEXTS } from './support.js'

const RULE = { ruleId: 'rule', actionWeights: { 1: 1 } }
const NO_TEXT = 'must be a text of 1 to 255 characters'
const CHARACTERS_255 = '𝄞'.repeat(255)

describe('what is refused before it reaches the database', () => {
  let driver: SqlDriver
  let policies: Policies
  let configuration: Configuration
  let metrics: Metrics

  beforeAll(async () => {
    driver = await embedded()
    policies = new Policies(driver)
    configuration = new Configuration(driver)
    metrics = new Metrics(driver, new Streams(driver))
  })
  afterAll(() => driver.close())

  /** Calls that take a name, each with its parameter. */
  function takers(text: string): [string, () => Promise<unknown>][] {
    return [
      ['stateBinId', () => policies.save(text, RULE)],
      ['stateBinId', () => policies.load(text)],
      ['stateBinId', () => policies.deactivate(text)],
      ['ruleId', () => policies.save('bin', { ...RULE, ruleId: text })],
      ['component', () => configuration.save(text, 'key', 1)],
      ['key', () => configuration.save('component', text, 1)],
      ['component', () => configuration.load(text, 'key')],
      ['key', () => configuration.load('component', text)],
      ['component', () => configuration.history(text, 'key')],
      ['key', () => configuration.history('component', text)],
      ['type', () => metrics.record({ type: text, data: 1 })],
      ['type', () => metrics.query({ type: text })],
    ]
  }

  /** Calls that take a document, each with its parameter. */
  function keepers(value: unknown): [string, () => Promise<unknown>][] {
    return [
      ['metadata', () => policies.save('bin', { ...RULE, metadata: value })],
      ['value', () => configuration.save('component', 'key', value)],
      ['data', () => metrics.record({ type: 'type', data: value })],
    ]
  }

  async function refusal(call: () => Promise<unknown>): Promise<string> {
    const error = await call().then(
      () => new Error('nothing was refused'),
      (reason) => reason,
    )
    expect(error).toBeInstanceOf(InvalidArgumentError)
    return error.message
  }

  test.each<[string, unknown, string]>([
    ['nothing', undefined, `${NO_TEXT}, got undefined`],
    ['a number', 7, `${NO_TEXT}, got 7`],
    ['an object', {}, `${NO_TEXT}, got [object Object]`],
    ['a list', ['a'], `${NO_TEXT}, got a list of 1`],
    ['an empty text', '', `${NO_TEXT}, got ""`],
    ['256 characters', 'é'.repeat(256), NO_TEXT],
    ['256 characters of two halves', `${CHARACTERS_255}𝄞`, NO_TEXT],
    ['a text without an end', 'a'.repeat(10_000_000), NO_TEXT],
    ...IMPOSSIBLE_TEXTS.map(([what, text]): [string, unknown, string] => [
      what,
      text,
      what === 'U+0000' ? 'must be without U+0000, which a database cannot hold' : 'must be well-formed text',
    ]),
  ])('no name is %s', async (_, text, message) => {
    for (const [parameter, call] of takers(text as string)) {
      // Of a query undefined is no condition.
      if (text === undefined && call.toString().includes('query')) continue
      expect(await refusal(call)).toContain(`${parameter} ${message}`)
    }
  })

  const itself: unknown[] = []
  itself.push({ itself })
  let deep: unknown = 1
  for (let i = 0; i < 100; i++) deep = [deep]
  test.each<[string, unknown, string]>([
    ['a function', [() => 1], '[0] must be JSON, got a function'],
    ['undefined inside', { a: { b: undefined } }, '.a.b must be JSON, got undefined'],
    ['a bigint', { a: 1n }, '.a must be JSON, got 1'],
    ['NaN', { a: [0, Number.NaN] }, '.a[1] must be a finite number, got NaN'],
    ['infinity', Number.NEGATIVE_INFINITY, ' must be a finite number, got -Infinity'],
    ['a date', new Date(0), ' must be a plain object, got [object Date]'],
    ['what contains itself', itself, '[0].itself must not contain itself'],
    ['a hundred levels', deep, ' must be nested at most 64 deep'],
    ['U+0000', { a: ['x\0'] }, '.a[0] must be without U+0000'],
    ['U+0000 in a key', { a: { 'x\0': 1 } }, 'must be without U+0000'],
    ['half a character', ['\udc00'], '[0] must be well-formed text'],
    ['more than a mebibyte', 'é'.repeat(2 ** 19), ' must have at most 1048576 bytes as JSON, it has 1048578'],
  ])('no document is %s', async (_, value, message) => {
    for (const [parameter, call] of keepers(value)) {
      const refused = await refusal(call)
      expect(refused).toContain(message)
      expect(refused).toContain(parameter)
    }
  })

  test('a document must be given', async () => {
    expect(await refusal(() => configuration.save('c', 'k', undefined))).toBe('value must be JSON, got undefined')
    const metric = { type: 't' } as { type: string; data: unknown }
    expect(await refusal(() => metrics.record(metric))).toBe('data must be JSON, got undefined')
  })

  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'actionWeights must be an object or a map of weights by action code, got undefined'],
    ['a list', [1, 2], 'actionWeights must be an object or a map of weights by action code, got a list of 2'],
    ['a typed array', new Float32Array(2), 'actionWeights must be an object or a map'],
    ['a code that is too large', { 65536: 1 }, 'a code of actionWeights must be an integer in [0, 65535], got 65536'],
    ['a negative code', { '-1': 1 }, 'a code of actionWeights must be an integer in [0, 65535], got "-1"'],
    ['a fraction', { 1.5: 1 }, 'a code of actionWeights must be an integer in [0, 65535], got "1.5"'],
    ['a code in other digits', { '01': 1 }, 'a code of actionWeights must be an integer in [0, 65535], got "01"'],
    ['a name', { left: 1 }, 'a code of actionWeights must be an integer in [0, 65535], got "left"'],
    ['a prototype', JSON.parse('{"__proto__": 1}'), 'a code of actionWeights must be an integer'],
    ['an object as code', new Map([[{}, 1]]), 'a code of actionWeights must be an integer'],
    ['NaN', { 3: Number.NaN }, 'actionWeights[3] must be a finite number, got NaN'],
    ['infinity', new Map([[3, Number.POSITIVE_INFINITY]]), 'actionWeights[3] must be a finite number, got Infinity'],
    ['text', { 3: '1' }, 'actionWeights[3] must be a finite number, got "1"'],
    [
      'more than a mebibyte',
      Object.fromEntries(Array.from({ length: 65536 }, (_, i) => [i, 1e-5 / 3])),
      'actionWeights must have at most 1048576 bytes as JSON, it has',
    ],
  ])('no weights are %s', async (_, actionWeights, message) => {
    const policy = { ruleId: 'rule', actionWeights: actionWeights as Record<number, number> }
    expect(await refusal(() => policies.save('bin', policy))).toContain(message)
  })

  test.each<[string, () => Promise<unknown>, string]>([
    ['a parent of another type', () => policies.save('b', RULE, { parent: '1' as never }), 'parent must be an integer'],
    ['a parent of 0', () => policies.save('b', RULE, { parent: 0 }), 'parent must be an integer in [1, '],
    ['an unknown option', () => policies.save('b', RULE, { parents: 1 } as never), "options has no 'parents'"],
    ['no policy', () => policies.save('b', null as never), 'policy must be an object, got null'],
    ['a policy of another field', () => policies.save('b', { ...RULE, x: 1 } as never), "policy has no 'x'"],
    ['half an id', () => policies.lineage(1.5), 'policyId must be an integer in [1, 9007199254740991], got 1.5'],
    ['too much lineage', () => policies.lineage(1, { limit: 10_001 }), 'limit must be an integer in [0, 10000]'],
    [
      'too many policies',
      () => policies.best({ limit: 1e9 }),
      'limit must be an integer in [0, 10000], got 1000000000',
    ],
    ['a negative limit', () => configuration.history('c', 'k', { limit: -1 }), 'limit must be an integer'],
    [
      'a signal that is none',
      () => configuration.load('c', 'k', { signal: {} as never }),
      'signal must be an AbortSignal',
    ],
    [
      'no executions',
      () => policies.updatePerformance(1, { executions: 0, avgReward: 1 }),
      'executions must be an integer',
    ],
    ['no reward', () => policies.updatePerformance(1, { executions: 1 } as never), 'avgReward must be a number'],
    [
      'a reward of NaN',
      () => policies.updatePerformance(1, { executions: 1, avgReward: Number.NaN }),
      'avgReward must be',
    ],
    [
      'an endless reward',
      () => policies.updatePerformance(1, { executions: 1, avgReward: Number.POSITIVE_INFINITY }),
      'avgReward must be a number in',
    ],
    ['a metric of another field', () => metrics.record({ type: 't', data: 1, x: 1 } as never), "metric has no 'x'"],
    [
      'a time as text',
      () => metrics.record({ type: 't', data: 1, timestamp: '2026' as never }),
      'timestamp must be a Date',
    ],
    ['no time', () => metrics.record({ type: 't', data: 1, timestamp: new Date(Number.NaN) }), 'got NaN'],
    [
      'a time before Christ',
      () => metrics.query({ from: new Date(-1e14) }),
      'from must be a Date of the years 1 to 9999',
    ],
    [
      'a time without an end',
      () => metrics.query({ to: new Date(8.64e15) }),
      'to must be a Date of the years 1 to 9999',
    ],
    [
      'a number below 0',
      () => metrics.record({ type: 't', data: 1, eventSeq: -1 }),
      'eventSeq must be an integer in [0, ',
    ],
    ['an id that is none', () => metrics.record({ type: 't', data: 1, eventId: 'x' }), 'eventId must be a UUID string'],
    ['too many metrics', () => metrics.query({ limit: 100_001 }), 'limit must be an integer in [0, 100000]'],
    ['an unknown condition', () => metrics.query({ policy: 1 } as never), "options has no 'policy'"],
    ['no time to refresh', () => refreshAnalytics(driver, { timeoutMs: 0 }), 'timeoutMs must be an integer in [1, '],
  ])('%s', async (_, call, message) => {
    expect(await refusal(call)).toContain(message)
  })

  test('nothing of all that was written', async () => {
    for (const table of ['adna_policies', 'configuration_store', 'learning_metrics']) {
      const [row] = await driver.query<{ rows: bigint }>(`SELECT count(*) AS rows FROM ${table}`)
      expect([table, row?.rows]).toEqual([table, 0n])
    }
  })

  test('a name of 255 characters is taken, however many bytes they have', async () => {
    const policyId = await policies.save(CHARACTERS_255, { ...RULE, ruleId: CHARACTERS_255 })
    expect(await policies.load(CHARACTERS_255)).toMatchObject({ policyId, ruleId: CHARACTERS_255 })
    expect(await configuration.save(CHARACTERS_255, CHARACTERS_255, 1)).toBe(1)
    await metrics.record({ type: CHARACTERS_255, data: 1 })
  })
})
