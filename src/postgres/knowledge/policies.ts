/**
 * Policies: for each state bin a sequence of versions, of which one is active at most.
 *
 * Contract:
 * - Saving, however many do it at once, gives each caller a version of its own, without gaps, and leaves exactly one
 *   active: the last.
 * - A parent is any policy that is there already, active or not, also of another bin: when a bin is split, the policies
 *   of its parts come from that of the whole. Nothing becomes its own ancestor.
 * - `avgReward` is the mean of all executions that were reported for the version, in whatever order and pieces, rounded
 *   to a double once. Replaced versions still take reports.
 * - When a connection is lost while a save commits, the call rejects and the version may be there or not.
 *
 * @module
 */

import { invalid } from '../../errors.js'
import { assertFinite, assertInteger, assertKeys } from '../../stream/validate.js'
import type { CallOptions, Policy, PolicyInput } from '../contract.js'
import type { SqlDriver } from '../driver/driver.js'
import { POLICY_LOCK } from '../sql/locks.js'
import { assertId, assertName, documentOf, limitOf, signalOf, weightsOf } from './arguments.js'
import { PolicyNotFoundError } from './errors.js'
import { changeVersions, violates } from './versions.js'

const COLUMNS = `policy_id, state_bin_id, rule_id, action_weights, metadata, metadata IS NULL AS without_metadata, version,
  parent_policy_id, created_at, updated_at, is_active, total_executions, avg_reward`

const DEACTIVATE = `UPDATE adna_policies SET is_active = FALSE, updated_at = clock_timestamp()
  WHERE state_bin_id = $1 AND is_active RETURNING policy_id`

const SAVE = `INSERT INTO adna_policies (state_bin_id, rule_id, action_weights, metadata, parent_policy_id, version)
  SELECT $1, $2, $3::jsonb, $4::jsonb, $5::int8, coalesce(max(version), 0) + 1 FROM adna_policies WHERE state_bin_id = $1
  RETURNING policy_id`

const LOAD = `SELECT ${COLUMNS} FROM adna_policies WHERE state_bin_id = $1 AND is_active`

const LINEAGE = `WITH RECURSIVE lineage (id, parent, distance) AS (
    SELECT policy_id, parent_policy_id, 1 FROM adna_policies WHERE policy_id = $1::int8
    UNION ALL
    SELECT policy_id, parent_policy_id, distance + 1
    FROM lineage JOIN adna_policies ON policy_id = parent WHERE distance < $2::int8
  )
  SELECT ${COLUMNS} FROM lineage JOIN adna_policies ON policy_id = id WHERE distance <= $2::int8 ORDER BY distance`

const ADD_EXECUTIONS = `UPDATE adna_policies
  SET total_executions = total_executions + $2::int8, reward_sum = reward_sum + $2::int8 * $3::numeric,
    updated_at = clock_timestamp()
  WHERE policy_id = $1::int8 RETURNING policy_id`

const BEST = `SELECT ${COLUMNS} FROM adna_policies WHERE is_active ORDER BY avg_reward DESC, policy_id LIMIT $1::int8`

const MOST_EXECUTIONS = Number.MAX_SAFE_INTEGER

/** The policies of a database; see the module and `PersistenceBackend`. */
export class Policies {
  private readonly driver: SqlDriver

  constructor(driver: SqlDriver) {
    this.driver = driver
  }

  /**
   * Saves a new version and makes it the active one.
   *
   * @param options.parent Id of the policy that this one was made from; without it, it was made from none.
   * @returns its policyId.
   * @throws {InvalidArgumentError}
   * @throws {PolicyNotFoundError} if there is no such parent.
   */
  async save(
    stateBinId: string,
    policy: PolicyInput,
    options: CallOptions & { readonly parent?: number | undefined } = {},
  ): Promise<number> {
    assertName(stateBinId, 'stateBinId')
    const { ruleId, weights, metadata } = resolvePolicy(policy)
    const signal = signalOf(options, ['parent'])
    const { parent } = options
    if (parent !== undefined) assertId(parent, 'parent')
    const lock = { lockClass: POLICY_LOCK, name: stateBinId }
    try {
      return await changeVersions(
        this.driver,
        lock,
        async (session) => {
          await session.query(DEACTIVATE, [stateBinId])
          const values = [stateBinId, ruleId, weights, metadata, parent ?? null]
          const [row] = await session.query<Pick<PolicyRow, 'policy_id'>>(SAVE, values)
          return Number(row?.policy_id)
        },
        signal,
      )
    } catch (error) {
      // An id that is not older than the new policy's own is that of none.
      const unknown = violates(error, 'adna_policies_parent') || violates(error, 'adna_policies_lineage')
      throw unknown && parent !== undefined ? new PolicyNotFoundError('parent', parent) : error
    }
  }

  /** The active version, or undefined. */
  async load(stateBinId: string, options: CallOptions = {}): Promise<Policy | undefined> {
    assertName(stateBinId, 'stateBinId')
    const [row] = await this.driver.query<PolicyRow>(LOAD, [stateBinId], { signal: signalOf(options) })
    return row && policyOf(row)
  }

  /** Leaves the bin without an active version; the next one that is saved counts on. @returns whether there was one. */
  async deactivate(stateBinId: string, options: CallOptions = {}): Promise<boolean> {
    assertName(stateBinId, 'stateBinId')
    const lock = { lockClass: POLICY_LOCK, name: stateBinId }
    const signal = signalOf(options)
    const rows = await changeVersions(this.driver, lock, (session) => session.query(DEACTIVATE, [stateBinId]), signal)
    return rows.length > 0
  }

  /**
   * The policy and its ancestors, the nearest first; empty if there is no such policy.
   * @param options.limit Policies in all, at most 10,000. Default 1000.
   */
  async lineage(
    policyId: number,
    options: CallOptions & { readonly limit?: number | undefined } = {},
  ): Promise<Policy[]> {
    assertId(policyId, 'policyId')
    const signal = signalOf(options, ['limit'])
    const limit = limitOf(options.limit, 1000)
    const rows = await this.driver.query<PolicyRow>(LINEAGE, [policyId, limit], { signal })
    return rows.map(policyOf)
  }

  /**
   * Adds executions to those of a version, and their mean reward to its mean.
   * @throws {InvalidArgumentError} also if the version would have 2^53 executions or more.
   * @throws {PolicyNotFoundError}
   */
  async updatePerformance(
    policyId: number,
    performance: { readonly executions: number; readonly avgReward: number },
    options: CallOptions = {},
  ): Promise<void> {
    assertId(policyId, 'policyId')
    assertKeys(performance, 'performance', ['executions', 'avgReward'])
    const { executions, avgReward } = performance
    assertInteger(executions, 'executions', 1, MOST_EXECUTIONS)
    assertFinite(avgReward, 'avgReward', -Number.MAX_VALUE, Number.MAX_VALUE)
    const signal = signalOf(options)
    try {
      const rows = await this.driver.query(ADD_EXECUTIONS, [policyId, executions, avgReward], { signal })
      if (rows.length === 0) throw new PolicyNotFoundError('policyId', policyId)
    } catch (error) {
      if (!violates(error, 'adna_policies_executions')) throw error
      throw invalid('executions', `leave the policy with at most ${MOST_EXECUTIONS} in all`, executions)
    }
  }

  /**
   * The active policies, the best mean reward first; of equal ones the older.
   * @param options.limit At most 10,000. Default 100.
   */
  async best(options: CallOptions & { readonly limit?: number | undefined } = {}): Promise<Policy[]> {
    const signal = signalOf(options, ['limit'])
    const limit = limitOf(options.limit, 100)
    const rows = await this.driver.query<PolicyRow>(BEST, [limit], { signal })
    return rows.map(policyOf)
  }
}

type PolicyRow = {
  readonly policy_id: bigint
  readonly state_bin_id: string
  readonly rule_id: string
  readonly action_weights: Readonly<Record<string, number>>
  readonly metadata: unknown
  readonly without_metadata: boolean
  readonly version: number
  readonly parent_policy_id: bigint | null
  readonly created_at: Date
  readonly updated_at: Date
  readonly is_active: boolean
  readonly total_executions: bigint
  readonly avg_reward: number
}

function resolvePolicy(policy: PolicyInput): { ruleId: string; weights: string; metadata: string | null } {
  assertKeys(policy, 'policy', ['ruleId', 'actionWeights', 'metadata'])
  const { ruleId, actionWeights, metadata } = policy
  assertName(ruleId, 'ruleId')
  return {
    ruleId,
    weights: weightsOf(actionWeights, 'actionWeights'),
    metadata: metadata === undefined ? null : documentOf(metadata, 'metadata'),
  }
}

function policyOf(row: PolicyRow): Policy {
  return {
    policyId: Number(row.policy_id),
    stateBinId: row.state_bin_id,
    ruleId: row.rule_id,
    actionWeights: new Map(Object.entries(row.action_weights).map(([code, weight]) => [Number(code), weight])),
    metadata: row.without_metadata ? undefined : row.metadata,
    version: row.version,
    parentPolicyId: row.parent_policy_id === null ? undefined : Number(row.parent_policy_id),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    isActive: row.is_active,
    totalExecutions: Number(row.total_executions),
    avgReward: row.avg_reward,
  }
}
