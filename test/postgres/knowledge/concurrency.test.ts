import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SqlDriver, SqlSession } from '../../../src/postgres/driver/driver.js'
import { DatabaseError, DatabaseUnavailableError } from '../../../src/postgres/errors.js'
import { Configuration } from '../../../src/postgres/knowledge/configuration.js'
import { Policies } from '../../../src/postgres/knowledge/policies.js'
import { describeServer, serverDriver } from '../support/databases.js'

const WRITERS = 8
const RULE = { ruleId: 'rule', actionWeights: { 1: 1 } }

/** Capability: `concurrent`. */
describeServer('writers at the same time', () => {
  let driver: SqlDriver

  beforeAll(async () => {
    driver = await serverDriver({ poolSize: WRITERS })
  })
  afterAll(() => driver.close())

  /** Every writer makes its calls one after the other, all writers at once. */
  async function atOnce<T>(calls: number, call: (writer: number, i: number) => Promise<T>): Promise<T[]> {
    const writers = Array.from({ length: WRITERS }, async (_, writer) => {
      const results: T[] = []
      for (let i = 0; i < calls; i++) results.push(await call(writer, i))
      return results
    })
    return (await Promise.all(writers)).flat()
  }

  /** Versions of a bin, and those of them that are active, seen by a reader between any two steps of the writers. */
  function versionsOf(
    bin: string,
  ): Promise<{ version: number; is_active: boolean; parent_policy_id: bigint | null }[]> {
    const sql =
      'SELECT version, is_active, parent_policy_id FROM adna_policies WHERE state_bin_id = $1 ORDER BY version'
    return driver.query(sql, [bin])
  }

  test('eight that save policies for one bin leave one active and no gap between versions', async () => {
    const policies = new Policies(driver)
    await policies.save('one', RULE)
    let watching = true
    const actives = new Set<number>()
    const watcher = (async () => {
      while (watching) actives.add((await versionsOf('one')).filter((row) => row.is_active).length)
    })()
    const ids = await atOnce(25, () => policies.save('one', RULE))
    watching = false
    await watcher
    const rows = await versionsOf('one')
    expect(new Set(ids).size).toBe(200)
    expect(rows.map(({ version }) => version)).toEqual(Array.from({ length: 201 }, (_, i) => i + 1))
    expect(rows.filter((row) => row.is_active)).toEqual([{ version: 201, is_active: true, parent_policy_id: null }])
    expect([...actives]).toEqual([1])
  })

  test('saving, deactivating and reporting cross several bins and their lineages without a deadlock', async () => {
    const policies = new Policies(driver)
    const bins = ['a', 'b', 'c']
    const newest = new Map<string, number>()
    for (const bin of bins) newest.set(bin, await policies.save(bin, RULE))
    const [first = 0] = newest.values()
    await atOnce(20, async (writer, i) => {
      const bin = bins[(writer + i) % 3] as string
      const parent = newest.get(bins[(writer + i + 1) % 3] as string)
      await policies.updatePerformance(first, { executions: 1, avgReward: writer / 10 })
      newest.set(bin, await policies.save(bin, RULE, { parent }))
      if (i % 5 === 4) await policies.deactivate(bin)
    })
    for (const bin of bins) {
      const rows = await versionsOf(bin)
      expect(rows.map(({ version }) => version)).toEqual(rows.map((_, i) => i + 1))
      expect(rows.filter((row) => row.is_active).length).toBeLessThanOrEqual(1)
    }
    const [reported] = await policies.lineage(first)
    expect(reported).toMatchObject({ totalExecutions: 160, avgReward: 0.35 })
    const [deadlocks] = await driver.query<{ deadlocks: bigint }>(
      'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
    )
    expect(deadlocks?.deadlocks).toBe(0n)
  })

  test('eight that save a value each get a version of their own, whose parent is the one before', async () => {
    const configuration = new Configuration(driver)
    const versions = await atOnce(25, (writer, i) => configuration.save('component', 'key', [writer, i]))
    expect([...versions].sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1))
    const history = await configuration.history('component', 'key')
    expect(history.filter(({ isActive }) => isActive)).toMatchObject([{ version: 200 }])
    for (const [i, { parentConfigId }] of history.entries()) expect(parentConfigId).toBe(history[i + 1]?.configId)
    expect(await configuration.load('component', 'key')).toEqual(history[0]?.value)
  })

  test('whoever deactivates while another saves deactivates what that one saved', async () => {
    const policies = new Policies(driver)
    await policies.save('always', RULE)
    const gate = makeGate()
    const saving = new Policies(disturb(driver, gate.pass)).save('always', RULE)
    await gate.reached
    const deactivating = policies.deactivate('always')
    await waiting(driver)
    gate.open()
    await saving
    expect(await deactivating).toBe(true)
    expect(await versionsOf('always')).toMatchObject([{ is_active: false }, { is_active: false }])
  })

  test('whoever waits for another writer stops when told to, and saves nothing', async () => {
    const gate = makeGate()
    const saving = new Policies(disturb(driver, gate.pass)).save('patient', RULE)
    await gate.reached
    const aborter = new AbortController()
    const refused = new Policies(driver).save('patient', RULE, { signal: aborter.signal }).catch((error) => error)
    await waiting(driver)
    aborter.abort(new Error('enough'))
    expect(await refused).toEqual(new Error('enough'))
    gate.open()
    await saving
    expect(await versionsOf('patient')).toMatchObject([{ version: 1, is_active: true }])
  })

  test('a connection that is lost in the middle of a save leaves the version before', async () => {
    const policies = new Policies(driver)
    const first = await policies.save('lost', RULE)
    const lost = disturb(driver, async (session) => {
      await session.query('SELECT pg_terminate_backend(pg_backend_pid())')
    })
    await expect(new Policies(lost).save('lost', RULE)).rejects.toBeInstanceOf(DatabaseUnavailableError)
    expect(await policies.load('lost')).toMatchObject({ policyId: first, version: 1 })
    await policies.save('lost', RULE)
    expect(await policies.load('lost')).toMatchObject({ version: 2 })
  })

  test('a program that writes without the lock is in the way only for a moment', async () => {
    const policies = new Policies(driver)
    let conflicts = 0
    const disturbed = disturb(driver, async (session) => {
      if (conflicts++ < 2) await session.run(FOREIGN)
    })
    await new Policies(disturbed).save('foreign', RULE)
    expect(conflicts).toBe(3)
    expect(await policies.load('foreign')).toMatchObject({ version: 1, isActive: true })
  })

  test('it is given up when conflicts do not end', async () => {
    let conflicts = 0
    const disturbed = disturb(driver, async (session) => {
      conflicts++
      await session.run(FOREIGN)
    })
    await expect(new Policies(disturbed).save('endless', RULE)).rejects.toBeInstanceOf(DatabaseError)
    expect(conflicts).toBe(5)
  })
})

/** Where a call stops until it is let through. */
function makeGate(): { reached: Promise<void>; pass: () => Promise<void>; open: () => void } {
  let open = (): void => {}
  let reach = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  const reached = new Promise<void>((resolve) => {
    reach = resolve
  })
  const pass = (): Promise<void> => {
    reach()
    return opened
  }
  return { reached, pass, open }
}

/** Resolves when a connection of the database waits for a lock. */
async function waiting(driver: SqlDriver): Promise<void> {
  const sql = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`
  while ((await driver.query(sql)).length === 0);
}

/** A row that is refused for its key, as another program's insert at the same time would have ours refused. */
const FOREIGN = `INSERT INTO adna_policies (state_bin_id, rule_id, action_weights, version, is_active)
  VALUES ('foreign writer', 'r', '{}', 1, FALSE), ('foreign writer', 'r', '{}', 1, FALSE)`

/** The driver, with something in between before each INSERT of a transaction. */
function disturb(driver: SqlDriver, before: (session: SqlSession) => Promise<void>): SqlDriver {
  const disturbed: Pick<SqlDriver, 'transaction'> = {
    transaction: (work, options) =>
      driver.transaction(
        (session) =>
          work({
            query: async (sql, values) => {
              if (sql.startsWith('INSERT')) await before(session)
              return session.query(sql, values)
            },
            run: (sql) => session.run(sql),
            copyIn: (sql, pieces) => session.copyIn(sql, pieces),
            copyOut: (sql) => session.copyOut(sql),
          }),
        options,
      ),
  }
  return Object.assign(Object.create(driver) as SqlDriver, disturbed)
}
