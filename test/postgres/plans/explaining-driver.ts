/**
 * A driver that asks for the plan of every statement before it runs it, in the same session.
 *
 * @module
 */

import type { SqlDriver, SqlRow, SqlSession, SqlValue } from '../../../src/postgres/driver/driver.js'

/** A node of `EXPLAIN (FORMAT JSON)`. */
export type PlanNode = Readonly<Record<string, unknown>> & { readonly Plans?: readonly PlanNode[] }

export interface Explained {
  /** As it was sent, COPY taken off. */
  readonly sql: string
  readonly plan: PlanNode
}

const PLANNED = /^(?:SELECT|WITH|INSERT|UPDATE|DELETE)\b/
const COPY_OUT = /^COPY \(([\s\S]*)\) TO STDOUT \(FORMAT binary\)$/

export class ExplainingDriver {
  /** What was asked since it was emptied. */
  asked: Explained[] = []
  readonly driver: SqlDriver

  constructor(driver: SqlDriver) {
    const session = <T>(work: (session: SqlSession) => Promise<T>) => {
      return (inner: SqlSession): Promise<T> => work(this.explaining(inner))
    }
    this.driver = {
      ...driver,
      kind: driver.kind,
      capabilities: driver.capabilities,
      address: driver.address,
      pool: driver.pool,
      query: <Row extends SqlRow>(sql: string, values?: readonly SqlValue[]) =>
        driver.session((inner) => this.explaining(inner).query<Row>(sql, values)),
      session: (work, options) => driver.session(session(work), options),
      transaction: (work, options) => driver.transaction(session(work), options),
      close: () => driver.close(),
    }
  }

  private explaining(inner: SqlSession): SqlSession {
    const explain = async (sql: string, values?: readonly SqlValue[]): Promise<void> => {
      if (!PLANNED.test(sql)) return
      const [row] = await inner.query<{ 'QUERY PLAN': unknown }>(`EXPLAIN (COSTS OFF, FORMAT JSON) ${sql}`, values)
      const told = row?.['QUERY PLAN']
      const [{ Plan: plan }] = (typeof told === 'string' ? JSON.parse(told) : told) as [{ Plan: PlanNode }]
      this.asked.push({ sql, plan })
    }
    return {
      query: async (sql, values) => {
        await explain(sql, values)
        return inner.query(sql, values)
      },
      run: (sql) => inner.run(sql),
      copyIn: (sql, pieces) => inner.copyIn(sql, pieces),
      copyOut: async (sql) => {
        await explain(COPY_OUT.exec(sql)?.[1] ?? sql)
        return inner.copyOut(sql)
      },
    }
  }
}
