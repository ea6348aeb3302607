/**
 * Configuration: values by component and key, each a sequence of versions whose last one is active.
 *
 * Saving, however many do it at once, gives each caller a version of its own, without gaps; its parent is the version
 * before it. When a connection is lost while a save commits, the call rejects and the version may be there or not.
 *
 * @module
 */

import type { CallOptions, ConfigVersion } from '../contract.js'
import type { SqlDriver } from '../driver/driver.js'
import { CONFIGURATION_LOCK } from '../sql/locks.js'
import { assertName, documentOf, limitOf, signalOf } from './arguments.js'
import { changeVersions } from './versions.js'

const DEACTIVATE = `UPDATE configuration_store SET is_active = FALSE, updated_at = clock_timestamp()
  WHERE component_name = $1 AND config_key = $2 AND is_active`

const SAVE = `INSERT INTO configuration_store (component_name, config_key, config_value, version, parent_config_id)
  SELECT $1, $2, $3::jsonb, coalesce(max(version), 0) + 1, (
    SELECT config_id FROM configuration_store WHERE component_name = $1 AND config_key = $2 ORDER BY version DESC LIMIT 1
  )
  FROM configuration_store WHERE component_name = $1 AND config_key = $2
  RETURNING version`

const LOAD = `SELECT config_value FROM configuration_store
  WHERE component_name = $1 AND config_key = $2 AND is_active`

const HISTORY = `SELECT config_id, component_name, config_key, config_value, version, parent_config_id, created_at, is_active
  FROM configuration_store WHERE component_name = $1 AND config_key = $2 ORDER BY version DESC LIMIT $3::int8`

/** The configuration of a database; see the module and `PersistenceBackend`. */
export class Configuration {
  private readonly driver: SqlDriver

  constructor(driver: SqlDriver) {
    this.driver = driver
  }

  /**
   * Saves a new version and makes it the active one.
   * @param value Any JSON of at most 1 MiB, null as well.
   * @returns its version.
   * @throws {InvalidArgumentError}
   */
  async save(component: string, key: string, value: unknown, options: CallOptions = {}): Promise<number> {
    assertPlace(component, key)
    const text = documentOf(value, 'value')
    const signal = signalOf(options)
    return changeVersions(
      this.driver,
      { lockClass: CONFIGURATION_LOCK, name: `${component}/${key}` },
      async (session) => {
        await session.query(DEACTIVATE, [component, key])
        const [row] = await session.query<Pick<ConfigRow, 'version'>>(SAVE, [component, key, text])
        return Number(row?.version)
      },
      signal,
    )
  }

  /** The active value; undefined if there is none. */
  async load(component: string, key: string, options: CallOptions = {}): Promise<unknown> {
    assertPlace(component, key)
    const values = [component, key]
    const [row] = await this.driver.query<Pick<ConfigRow, 'config_value'>>(LOAD, values, { signal: signalOf(options) })
    return row?.config_value
  }

  /**
   * The versions, the newest first.
   * @param options.limit At most 10,000. Default 1000.
   */
  async history(
    component: string,
    key: string,
    options: CallOptions & { readonly limit?: number | undefined } = {},
  ): Promise<ConfigVersion[]> {
    assertPlace(component, key)
    const signal = signalOf(options, ['limit'])
    const limit = limitOf(options.limit, 1000)
    const rows = await this.driver.query<ConfigRow>(HISTORY, [component, key, limit], { signal })
    return rows.map(versionOf)
  }
}

type ConfigRow = {
  readonly config_id: bigint
  readonly component_name: string
  readonly config_key: string
  readonly config_value: unknown
  readonly version: number
  readonly parent_config_id: bigint | null
  readonly created_at: Date
  readonly is_active: boolean
}

function assertPlace(component: unknown, key: unknown): void {
  assertName(component, 'component')
  assertName(key, 'key')
}

function versionOf(row: ConfigRow): ConfigVersion {
  return {
    configId: Number(row.config_id),
    component: row.component_name,
    key: row.config_key,
    value: row.config_value,
    version: row.version,
    parentConfigId: row.parent_config_id === null ? undefined : Number(row.parent_config_id),
    createdAt: row.created_at,
    isActive: row.is_active,
  }
}
