/**
 * What a query asks of the metadata of an event: of the database by settings of the transaction, since COPY takes no
 * parameters and strings are never put into the text of a statement; of metadata that comes from files here.
 *
 * @module
 */

import { invalid } from '../../errors.js'
import type { EventMetadata } from '../../storage/cold/cold-storage.js'
import { packMetadata } from '../../storage/journal/metadata.js'
import type { SqlSession } from '../driver/driver.js'
import { contains } from './contains.js'

/** A question longer than what any event may have needs no answer. */
const MOST_BYTES = 2 ** 20

const NAMES = ['intentType', 'executorId', 'parameters'] as const

const CLAUSES: Readonly<Record<(typeof NAMES)[number], string>> = {
  intentType: "m.intent_type = current_setting('experience.intent_type')",
  executorId: "m.executor_id = current_setting('experience.executor_id')",
  parameters: "m.parameters @> current_setting('experience.parameters')::JSONB",
}

const SETTINGS: Readonly<Record<(typeof NAMES)[number], string>> = {
  intentType: 'experience.intent_type',
  executorId: 'experience.executor_id',
  parameters: 'experience.parameters',
}

/** Conditions on metadata; at least one. */
export class MetadataTest {
  /** For WHERE, of a row `m` of `action_metadata`; the settings must have been made. */
  readonly sql: string
  private readonly wanted: EventMetadata
  private readonly settings: readonly string[]
  private readonly values: readonly string[]

  private constructor(wanted: EventMetadata) {
    const given = NAMES.filter((name) => wanted[name] !== undefined)
    this.wanted = wanted
    this.sql = given.map((name) => CLAUSES[name]).join(' AND ')
    this.settings = given.map((name) => SETTINGS[name])
    this.values = given.map((name) => {
      return name === 'parameters' ? JSON.stringify(wanted.parameters) : (wanted[name] as string)
    })
  }

  /** @throws {InvalidArgumentError} for what no metadata can hold. */
  static of({ intentType, executorId, parameters }: EventMetadata): MetadataTest | undefined {
    if (intentType === undefined && executorId === undefined && parameters === undefined) return undefined
    const wanted = { intentType, executorId, parameters }
    packMetadata(wanted, MOST_BYTES)
    const test = new MetadataTest(wanted)
    for (const value of test.values) {
      if (value.includes('\0') || value.includes('\\u0000')) {
        throw invalid('metadata', 'have no U+0000, which no column of the database can hold', value)
      }
    }
    return test
  }

  /** Makes the settings that `sql` reads, until the transaction ends. */
  async prepare(session: SqlSession): Promise<void> {
    const calls = this.settings.map((name, i) => `set_config('${name}', $${i + 1}, true)`)
    await session.query(`SELECT ${calls.join(', ')}`, this.values)
  }

  /** Whether the metadata of an event meets them all. */
  matches(metadata: EventMetadata | undefined): boolean {
    const { intentType, executorId, parameters } = this.wanted
    if (metadata === undefined) return false
    if (intentType !== undefined && metadata.intentType !== intentType) return false
    if (executorId !== undefined && metadata.executorId !== executorId) return false
    return parameters === undefined || (metadata.parameters !== undefined && contains(metadata.parameters, parameters))
  }
}
