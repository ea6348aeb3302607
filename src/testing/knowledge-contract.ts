/**
 * The part of the contract of `PersistenceBackend` that is about policies, configuration and metrics.
 *
 * @module
 */

import { InvalidArgumentError } from '../errors.js'
import type { BackendCheckBody } from './backend-place.js'
import { rejects, same, truth } from './check.js'

const POLICY = { ruleId: 'greedy', actionWeights: { 1: 0.75, 65535: -0.25 } }
/** Texts that would do harm if they became part of a statement. */
const HOSTILE = [
  "'; DROP TABLE adna_policies; --",
  '"; SELECT 1; "',
  '$1',
  '\\',
  "\\'; --",
  '%s%n',
  'é\u{1f9e0}\n\t',
  "' OR '1'='1",
]

export const KNOWLEDGE_CHECKS: Record<string, BackendCheckBody> = {
  'a second version of a policy replaces the first, which is its parent': {
    async run(backend) {
      const first = await backend.savePolicy('bin', POLICY)
      const second = await backend.savePolicy(
        'bin',
        { ...POLICY, ruleId: 'softmax', metadata: { t: 0.5 } },
        { parent: first },
      )
      const active = await backend.loadPolicy('bin')
      same([active?.policyId, active?.version, active?.parentPolicyId], [second, 2, first], 'the active version')
      same([active?.ruleId, active?.metadata, active?.isActive], ['softmax', { t: 0.5 }, true], 'what it is')
      same(
        [...(active?.actionWeights ?? [])],
        [
          [1, 0.75],
          [65_535, -0.25],
        ],
        'the weights',
      )
      const lineage = await backend.policyLineage(second)
      same(
        lineage.map(({ policyId, version, isActive }) => [policyId, version, isActive]),
        [
          [second, 2, true],
          [first, 1, false],
        ],
        'the lineage',
      )
      same(await backend.loadPolicy('another bin'), undefined, 'the policy of another bin')
    },
  },

  'a policy that is deactivated is no longer loaded; its versions go on': {
    async run(backend) {
      await backend.savePolicy('bin', POLICY)
      same(await backend.deactivatePolicy('bin'), true, 'that there was one')
      same(await backend.loadPolicy('bin'), undefined, 'the policy')
      same(await backend.deactivatePolicy('bin'), false, 'that there was one')
      await backend.savePolicy('bin', POLICY)
      same((await backend.loadPolicy('bin'))?.version, 2, 'the version')
    },
  },

  'the performance of a policy is a running mean, and the best come first': {
    async run(backend) {
      const [a, b] = [await backend.savePolicy('a', POLICY), await backend.savePolicy('b', POLICY)]
      await backend.updatePolicyPerformance(a, { executions: 3, avgReward: 1 })
      await backend.updatePolicyPerformance(a, { executions: 1, avgReward: 3 })
      await backend.updatePolicyPerformance(b, { executions: 10, avgReward: 2 })
      const best = await backend.bestPolicies()
      same(
        best.map(({ policyId, totalExecutions, avgReward }) => [policyId, totalExecutions, avgReward]),
        [
          [b, 10, 2],
          [a, 4, 1.5],
        ],
        'the best',
      )
      same((await backend.bestPolicies({ limit: 1 })).length, 1, 'the length')
    },
  },

  'eight writers of one bin leave exactly one active version, and no version is missing': {
    needs: ['concurrent'],
    async run(backend, place) {
      const writers = [backend, await place.backend(), await place.backend()]
      const saves = Array.from({ length: 8 }, (_, writer) => async () => {
        const own = writers[writer % writers.length] ?? backend
        for (let i = 0; i < 5; i++) await own.savePolicy('bin', { ...POLICY, ruleId: `rule ${writer}` })
      })
      await Promise.all(saves.map((save) => save()))
      const active = await backend.loadPolicy('bin')
      same(active?.version, 40, 'the last version')
      same((await backend.bestPolicies()).length, 1, 'how many are active')
    },
  },

  'a configuration value has versions, and the last one holds': {
    async run(backend) {
      same(await backend.saveConfig('controller', 'exploration', 0.25), 1, 'the first version')
      same(await backend.saveConfig('controller', 'exploration', { rate: 0.125, floor: null }), 2, 'the second version')
      await backend.saveConfig('controller', 'nothing', null)
      same(await backend.loadConfig('controller', 'exploration'), { rate: 0.125, floor: null }, 'the value')
      same(await backend.loadConfig('controller', 'nothing'), null, 'the value null')
      same(await backend.loadConfig('controller', 'other'), undefined, 'what was never saved')
      const history = await backend.configHistory('controller', 'exploration')
      same(
        history.map(({ version, value, isActive }) => [version, value, isActive]),
        [
          [2, { rate: 0.125, floor: null }, true],
          [1, 0.25, false],
        ],
        'the history',
      )
      same(history[0]?.parentConfigId, history[1]?.configId, 'the parent')
    },
  },

  'metrics come back newest first, by type, policy and time': {
    async run(backend) {
      await backend.writeEvent({})
      const policyId = await backend.savePolicy('bin', POLICY)
      const at = (second: number): Date => new Date(Date.UTC(2026, 0, 1, 0, 0, second))
      await backend.recordMetric({ type: 'reward_trend', data: { mean: 1 }, timestamp: at(1) })
      await backend.recordMetric({ type: 'policy_performance', data: [1, 2], timestamp: at(2), policyId })
      await backend.recordMetric({ type: 'reward_trend', data: null, timestamp: at(3), eventSeq: 5 })
      const dataOf = async (query: object): Promise<unknown[]> =>
        (await backend.queryMetrics(query)).map(({ data }) => data)
      same(await dataOf({}), [null, [1, 2], { mean: 1 }], 'all')
      same(await dataOf({ type: 'reward_trend' }), [null, { mean: 1 }], 'those of a type')
      same(await dataOf({ policyId }), [[1, 2]], 'those of a policy')
      same(await dataOf({ from: at(2), to: at(3) }), [null, [1, 2]], 'those between two times, inclusive')
      same(
        (await backend.queryMetrics({ limit: 1 })).map(({ eventSeq }) => eventSeq),
        [5],
        'the event of the newest',
      )
    },
  },

  'a text is only ever a value': {
    async run(backend) {
      for (const [i, text] of HOSTILE.entries()) {
        const id = await backend.savePolicy(text, { ...POLICY, ruleId: text, metadata: { [text]: text } })
        same((await backend.loadPolicy(text))?.policyId, id, 'the policy')
        await backend.saveConfig(text, text, { [text]: [text] })
        same(await backend.loadConfig(text, text), { [text]: [text] }, 'the configuration')
        await backend.recordMetric({ type: text, data: text })
        same((await backend.queryMetrics({ type: text }))[0]?.data, text, 'the metric')
        const seq = await backend.writeEventWithMetadata(
          {},
          { intentType: text, executorId: text, parameters: { [text]: text } },
        )
        same(seq, i, 'the number of the event')
        const query = { intentType: text, executorId: text, parameters: { [text]: text } }
        const found = await backend.queryEventsWithMetadata(query).collect()
        same(
          found.map(({ event }) => event.seq),
          [i],
          'the event',
        )
      }
      same((await backend.bestPolicies()).length, HOSTILE.length, 'how many policies there are')
    },
  },

  'what cannot be saved is refused': {
    async run(backend) {
      const calls = [
        () => backend.savePolicy('', POLICY),
        () => backend.savePolicy('a\u0000b', POLICY),
        () => backend.savePolicy('bin', { ...POLICY, actionWeights: { 1: Number.NaN } }),
        () => backend.savePolicy('bin', { ...POLICY, actionWeights: { 65536: 1 } }),
        () => backend.saveConfig('component', 'key', undefined),
        () => backend.saveConfig('x'.repeat(256), 'key', 1),
        () => backend.recordMetric({ type: 'reward_trend', data: 1n }),
        () => backend.queryMetrics({ limit: -1 }),
      ]
      for (const call of calls) await rejects((async () => call())(), InvalidArgumentError)
      const unknown = await backend.savePolicy('bin', POLICY, { parent: 12_345 }).catch((error: unknown) => error)
      truth(unknown instanceof Error, 'a parent that does not exist is refused')
      same(await backend.loadPolicy('bin'), undefined, 'the policy')
      same(await backend.queryMetrics(), [], 'the metrics')
    },
  },
}
