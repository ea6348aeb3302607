import { expect, test } from 'vitest'
import { InvalidArgumentError } from '../../../src/index.js'
import { PolicyNotFoundError } from '../../../src/postgres/knowledge/errors.js'
import { Policies } from '../../../src/postgres/knowledge/policies.js'
import { HOSTILE_TEXTS, onBoth } from './support.js'

const RULE = { ruleId: 'rule', actionWeights: { 1: 1 } }

onBoth('policies', (driver) => {
  const policies = (): Policies => new Policies(driver())

  test('a policy is loaded as it was saved, its second version has the first one as parent', async () => {
    const weights = new Map([
      [0, 0.1],
      [513, -1e-300],
      [65535, 1.7976931348623157e308],
    ])
    const metadata = { reason: ['started', null, { é: 0.1 }] }
    const first = await policies().save('two', { ruleId: 'a', actionWeights: weights, metadata })
    const second = await policies().save('two', { ruleId: 'b', actionWeights: { 7: 5e-324 } }, { parent: first })
    expect(second).toBeGreaterThan(first)
    const loaded = await policies().load('two')
    expect(loaded).toEqual({
      policyId: second,
      stateBinId: 'two',
      ruleId: 'b',
      actionWeights: new Map([[7, 5e-324]]),
      metadata: undefined,
      version: 2,
      parentPolicyId: first,
      createdAt: expect.any(Date),
      updatedAt: expect.any(Date),
      isActive: true,
      totalExecutions: 0,
      avgReward: 0,
    })
    const [, replaced] = await policies().lineage(second)
    expect(replaced).toMatchObject({
      policyId: first,
      version: 1,
      isActive: false,
      parentPolicyId: undefined,
      metadata,
    })
    expect([...(replaced?.actionWeights ?? [])]).toEqual([...weights])
    expect(Math.abs((replaced?.createdAt.getTime() as number) - Date.now())).toBeLessThan(60_000)
    expect(replaced?.updatedAt.getTime()).toBeGreaterThanOrEqual(replaced?.createdAt.getTime() as number)
    expect(loaded?.createdAt.getTime()).toBeGreaterThanOrEqual(replaced?.updatedAt.getTime() as number)
  })

  test('metadata that is null is not metadata that was not given', async () => {
    await policies().save('null', { ...RULE, metadata: null })
    expect((await policies().load('null'))?.metadata).toBe(null)
    await policies().save('null', RULE)
    expect((await policies().load('null'))?.metadata).toBe(undefined)
  })

  test('there is none where none was saved, and none once it was deactivated; versions count on', async () => {
    expect(await policies().load('gone')).toBe(undefined)
    expect(await policies().deactivate('gone')).toBe(false)
    const first = await policies().save('gone', RULE)
    expect(await policies().deactivate('gone')).toBe(true)
    expect(await policies().deactivate('gone')).toBe(false)
    expect(await policies().load('gone')).toBe(undefined)
    expect(await policies().lineage(first)).toMatchObject([{ policyId: first, isActive: false }])
    await policies().save('gone', RULE)
    expect(await policies().load('gone')).toMatchObject({ version: 2, parentPolicyId: undefined })
  })

  test('a lineage leads from the nearest to the oldest ancestor, across bins, as far as it is asked for', async () => {
    const chain = [await policies().save('coarse', RULE)]
    for (let i = 1; i < 60; i++) {
      chain.push(await policies().save(i < 30 ? 'coarse' : 'fine', RULE, { parent: chain.at(-1) }))
    }
    const newest = chain.at(-1) as number
    const ids = (await policies().lineage(newest)).map(({ policyId }) => policyId)
    expect(ids).toEqual([...chain].reverse())
    const bins = (await policies().lineage(newest, { limit: 31 })).map(({ stateBinId }) => stateBinId)
    expect(bins).toEqual([...Array(30).fill('fine'), 'coarse'])
    expect(await policies().lineage(newest, { limit: 0 })).toEqual([])
    expect(await policies().lineage(2 ** 52)).toEqual([])
  })

  test('a cycle of ancestors is refused by the database itself', async () => {
    const parent = await policies().save('cycle', RULE)
    const child = await policies().save('cycle', RULE, { parent })
    for (const ancestor of [parent, child]) {
      const closing = driver().query('UPDATE adna_policies SET parent_policy_id = $2 WHERE policy_id = $1', [
        parent,
        ancestor,
      ])
      await expect(closing).rejects.toMatchObject({ details: { constraint: 'adna_policies_lineage' } })
    }
  })

  test.each<[string, string, string, string]>([
    ['a second active version', 'version', '2', 'adna_policies_active'],
    ['the same version again', 'version, is_active', '1, FALSE', 'adna_policies_version'],
    ['version 0', 'version, is_active', '0, FALSE', 'adna_policies_version_check'],
    ['a sum that is no number', 'version, is_active, total_executions, reward_sum', `2, FALSE, 1, 'NaN'`, 'reward'],
    ['a sum without an end', 'version, is_active, total_executions, reward_sum', `2, FALSE, 1, 'Infinity'`, 'reward'],
    ['a sum of nothing', 'version, is_active, reward_sum', '2, FALSE, 1', 'reward'],
    ['negative executions', 'version, is_active, total_executions', '2, FALSE, -1', 'executions'],
    ...['[]', '3', 'null', '{"65536": 1}', '{"-1": 1}', '{"01": 1}', '{"": 1}', '{"1": "1"}', '{"1": 1e309}'].map(
      (weights): [string, string, string, string] => [
        `weights of ${weights}`,
        'version, is_active, action_weights',
        `2, FALSE, '${weights}'`,
        'adna_policies_action_weights_check',
      ],
    ),
  ])('the database itself refuses %s', async (what, columns, values, constraint) => {
    await policies().save(what, RULE)
    const weights = columns.includes('action_weights') ? ['', ''] : ['action_weights, ', `'{}', `]
    const inserted = driver().query(
      `INSERT INTO adna_policies (state_bin_id, rule_id, ${weights[0]}${columns}) VALUES ($1, 'r', ${weights[1]}${values})`,
      [what],
    )
    await expect(inserted).rejects.toMatchObject({ details: { constraint: expect.stringContaining(constraint) } })
    expect(await policies().load(what)).toMatchObject({ version: 1 })
  })

  test('a parent that does not exist is refused, and the active version stays', async () => {
    const policyId = await policies().save('orphan', RULE)
    const refused = await policies()
      .save('orphan', RULE, { parent: 2 ** 52 })
      .catch((error) => error)
    expect(refused).toBeInstanceOf(PolicyNotFoundError)
    expect(refused).toMatchObject({ code: 'POLICY_NOT_FOUND', details: { role: 'parent', policyId: 2 ** 52 } })
    expect(refused.message).toBe('parent must be the policyId of a saved policy, there is none of 4503599627370496')
    expect(await policies().load('orphan')).toMatchObject({ policyId, version: 1 })
  })

  test('the mean reward is that of all executions, however they are reported', async () => {
    const rewards = Array.from({ length: 30 }, (_, i) => ((i % 7) - 2) / 10)
    const one = await policies().save('mean', RULE)
    for (const avgReward of rewards) await policies().updatePerformance(one, { executions: 1, avgReward })
    expect(await policies().load('mean')).toMatchObject({ totalExecutions: 30, avgReward: 2.5 / 30 })

    const other = await policies().save('mean', RULE)
    await policies().updatePerformance(other, { executions: 3, avgReward: 0.1 })
    await policies().updatePerformance(other, { executions: 7, avgReward: 1e16 })
    await policies().updatePerformance(other, { executions: 7, avgReward: -1e16 })
    expect((await policies().load('mean'))?.avgReward).toBe(0.3 / 17)
    const [before] = await policies().lineage(one)
    expect(before).toMatchObject({ totalExecutions: 30, isActive: false })
  })

  test('the mean is the double that is nearest to the mean of the decimals that were reported', async () => {
    for (let round = 0; round < 20; round++) {
      const policyId = await policies().save('nearest', RULE)
      let [sum, total] = [0n, 0n]
      for (let i = 0; i < 5; i++) {
        // Eleven decimals, from a sequence without a pattern.
        const units = ((round * 5 + i + 1) * 618_033_988_749) % 1_999_999_999_993
        const [executions, avgReward] = [1 + ((round * 7 + i * 3) % 97), units / 1e11 - 10]
        const decimals = BigInt(avgReward.toFixed(11).replace('.', ''))
        await policies().updatePerformance(policyId, { executions, avgReward: Number(avgReward.toFixed(11)) })
        sum += decimals * BigInt(executions)
        total += BigInt(executions)
      }
      const digits = (sum * 10n ** 30n) / total
      expect((await policies().load('nearest'))?.avgReward).toBe(Number(`${digits}e-41`))
    }
  })

  test('means of the largest and the smallest rewards are finite', async () => {
    const policyId = await policies().save('extreme', RULE)
    const report = (executions: number, avgReward: number): Promise<void> =>
      policies().updatePerformance(policyId, { executions, avgReward })
    await report(2 ** 52, Number.MAX_VALUE)
    expect((await policies().load('extreme'))?.avgReward).toBe(Number.MAX_VALUE)
    await report(2 ** 52 - 1, -Number.MAX_VALUE)
    expect((await policies().load('extreme'))?.avgReward).toBeCloseTo(Number.MAX_VALUE / (2 ** 53 - 1), -280)
    const refused = await report(1, 1).catch((error) => error)
    expect(refused).toBeInstanceOf(InvalidArgumentError)
    expect(refused.message).toContain('executions must leave the policy with at most 9007199254740991 in all, got 1')
    expect((await policies().load('extreme'))?.totalExecutions).toBe(2 ** 53 - 1)
    const small = await policies().save('extreme', RULE)
    await policies().updatePerformance(small, { executions: 1, avgReward: 5e-324 })
    expect((await policies().load('extreme'))?.avgReward).toBe(5e-324)
  })

  test('a report about no policy is refused', async () => {
    const refused = policies().updatePerformance(2 ** 52, { executions: 1, avgReward: 1 })
    await expect(refused).rejects.toBeInstanceOf(PolicyNotFoundError)
  })

  test('the best policies are active, the best mean first, of equal ones the older', async () => {
    const bins = ['best 1', 'best 2', 'best 3', 'best 4']
    const ids = []
    for (const [i, bin] of bins.entries()) {
      const policyId = await policies().save(bin, RULE)
      await policies().updatePerformance(policyId, { executions: 1, avgReward: 1e308 * [0.5, 1, 1, 1.5][i]! })
      ids.push(policyId)
    }
    await policies().deactivate('best 4')
    const best = await policies().best({ limit: 3 })
    expect(best.map(({ policyId }) => policyId)).toEqual([ids[1], ids[2], ids[0]])
    expect(await policies().best({ limit: 0 })).toEqual([])
    const all = await policies().best()
    expect(all.every(({ isActive }) => isActive)).toBe(true)
  })

  test.each(HOSTILE_TEXTS)('text stays text: %j', async (text) => {
    const policyId = await policies().save(text, { ruleId: text, actionWeights: {}, metadata: { [text]: text } })
    const saved = await policies().load(text)
    expect(saved).toMatchObject({ policyId, stateBinId: text, ruleId: text, metadata: { [text]: text }, version: 1 })
    expect(await policies().deactivate(text)).toBe(true)
  })

  test('a signal ends a call and leaves nothing half done', async () => {
    await policies().save('aborted', RULE)
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(policies().save('aborted', RULE, { signal })).rejects.toThrow('enough')
    await expect(policies().load('aborted', { signal })).rejects.toThrow('enough')
    await expect(policies().deactivate('aborted', { signal })).rejects.toThrow('enough')
    expect(await policies().load('aborted')).toMatchObject({ version: 1 })
  })
})
