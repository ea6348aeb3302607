import { expect, test } from 'vitest'
import { Configuration } from '../../../src/postgres/knowledge/configuration.js'
import { HOSTILE_TEXTS, onBoth } from './support.js'

onBoth('configuration', (driver) => {
  const configuration = (): Configuration => new Configuration(driver())

  test('the value in force is the last one that was saved, and the history has all of them', async () => {
    expect(await configuration().save('action_controller', 'exploration_rate', 0.3)).toBe(1)
    expect(await configuration().save('action_controller', 'exploration_rate', { start: 0.3, end: 0.05 })).toBe(2)
    expect(await configuration().save('action_controller', 'other', 1)).toBe(1)
    expect(await configuration().save('other', 'exploration_rate', 1)).toBe(1)
    expect(await configuration().load('action_controller', 'exploration_rate')).toEqual({ start: 0.3, end: 0.05 })
    const history = await configuration().history('action_controller', 'exploration_rate')
    expect(history).toEqual([
      {
        configId: expect.any(Number),
        component: 'action_controller',
        key: 'exploration_rate',
        value: { start: 0.3, end: 0.05 },
        version: 2,
        parentConfigId: history[1]?.configId,
        createdAt: expect.any(Date),
        isActive: true,
      },
      {
        configId: expect.any(Number),
        component: 'action_controller',
        key: 'exploration_rate',
        value: 0.3,
        version: 1,
        parentConfigId: undefined,
        createdAt: expect.any(Date),
        isActive: false,
      },
    ])
    expect(await configuration().history('action_controller', 'exploration_rate', { limit: 1 })).toEqual([history[0]])
  })

  test('what was never saved is undefined, and null is a value', async () => {
    expect(await configuration().load('nothing', 'at all')).toBe(undefined)
    expect(await configuration().history('nothing', 'at all')).toEqual([])
    await configuration().save('nothing', 'null', null)
    expect(await configuration().load('nothing', 'null')).toBe(null)
  })

  test.each<[string, unknown]>([
    ['the numbers of JavaScript', [0, -1, 0.1, 1e21, 1.7976931348623157e308, 5e-324, -123456789.123456, 2 ** 53 + 2]],
    ['text', ['', 'é', '𝄞', '\u0001\u001f', '\\u0000', '\\', '"', "'", 'x'.repeat(100_000)]],
    ['nested values', { a: [{ b: { c: [[], {}, null, true, false] } }], '': 1, 'x y': 2, '0': 3 }],
    ['an empty object', {}],
    ['a text', 'text'],
    ['false', false],
  ])('a value is loaded as it was saved: %s', async (name, value) => {
    await configuration().save('values', name, value)
    expect(await configuration().load('values', name)).toEqual(value)
  })

  test('a value of a mebibyte is kept', async () => {
    const value = 'x'.repeat(2 ** 20 - 2)
    await configuration().save('values', 'large', value)
    expect(await configuration().load('values', 'large')).toBe(value)
  })

  test.each(HOSTILE_TEXTS)('text stays text: %j', async (text) => {
    await configuration().save(text, text, { [text]: [text] })
    expect(await configuration().load(text, text)).toEqual({ [text]: [text] })
    expect(await configuration().history(text, text)).toMatchObject([{ component: text, key: text, version: 1 }])
  })

  test('names that look alike are different ones', async () => {
    const names: [string, string][] = [
      ['a/b', 'c'],
      ['a', 'b/c'],
      ['A', 'b/c'],
      ['\u00e9', 'k'],
      ['e\u0301', 'k'],
      ['k', 'x'],
      ['k ', 'x'],
    ]
    for (const [component, key] of names) expect(await configuration().save(component, key, [component, key])).toBe(1)
    for (const [component, key] of names) {
      expect(await configuration().load(component, key)).toEqual([component, key])
    }
  })

  test('the database itself allows one active version', async () => {
    await configuration().save('direct', 'k', 1)
    const values = [`'direct', 'k', '2', 2`, `'direct', 'k', '2', 1, NULL, FALSE`]
    const columns = 'component_name, config_key, config_value, version'
    const second = driver().query(`INSERT INTO configuration_store (${columns}) VALUES (${values[0]})`)
    await expect(second).rejects.toMatchObject({ details: { constraint: 'configuration_store_active' } })
    const doubled = driver().query(
      `INSERT INTO configuration_store (${columns}, parent_config_id, is_active) VALUES (${values[1]})`,
    )
    await expect(doubled).rejects.toMatchObject({ details: { constraint: 'configuration_store_version' } })
  })

  test('a signal ends a call and leaves nothing half done', async () => {
    await configuration().save('aborted', 'k', 1)
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(configuration().save('aborted', 'k', 2, { signal })).rejects.toThrow('enough')
    await expect(configuration().load('aborted', 'k', { signal })).rejects.toThrow('enough')
    expect(await configuration().history('aborted', 'k')).toMatchObject([{ version: 1, isActive: true }])
  })
})
