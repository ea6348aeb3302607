/**
 * The streams of a database, and which of them a backend speaks of.
 *
 * Contract:
 * - It is the one that was chosen by `streamId` or by the journal that is followed; else the only one of the database.
 * - What is asked inside a transaction is asked of its session, so that it is of one piece with what the transaction does.
 *
 * @module
 */

import { invalid } from '../../errors.js'
import type { Checkpoint } from '../../storage/cold/cold-storage.js'
import type { StreamIdentity } from '../../storage/journal/source.js'
import type { SqlDriver, SqlSession } from '../driver/driver.js'
import { UnknownStreamError } from './errors.js'

/** Who writes a stream: the journal of a stream, or calls of the backend itself. */
export type StreamOrigin = 'journal' | 'direct'

/** One row of `experience_streams`. */
export interface StreamRow {
  /** What the rows of events name it by, a SMALLINT. */
  readonly key: number
  readonly identity: StreamIdentity
  readonly origin: StreamOrigin
  readonly checkpoint: Checkpoint
}

/** Whatever runs a statement: a driver, or the session of a transaction. */
export type Queryable = Pick<SqlSession, 'query'>

const COLUMNS =
  'stream, stream_id, origin, capacity, required_mask, first_seq, next_seq, journal_position FROM experience_streams'
const MOST_LISTED = 10
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/iu

/** See the module. */
export class Streams {
  private readonly driver: SqlDriver
  private chosen: string | undefined

  /** @throws {InvalidArgumentError} unless `streamId` is a UUID. */
  constructor(driver: SqlDriver, streamId?: string) {
    if (streamId !== undefined && !(typeof streamId === 'string' && UUID.test(streamId))) {
      throw invalid('streamId', 'be a UUID', streamId)
    }
    this.driver = driver
    this.chosen = streamId?.toLowerCase()
  }

  /** The stream that was chosen, whether there is one of that id or not. */
  get streamId(): string | undefined {
    return this.chosen
  }

  /** From now on it is this one. */
  choose(streamId: string): void {
    this.chosen = streamId.toLowerCase()
  }

  /**
   * The stream, or undefined if there is none yet.
   * @throws {UnknownStreamError} if there are several and none was chosen.
   */
  async find(on: Queryable = this.driver): Promise<StreamRow | undefined> {
    if (this.chosen !== undefined) return this.byId(this.chosen, on)
    const found = await on.query<Row>(`SELECT ${COLUMNS} ORDER BY stream LIMIT ${MOST_LISTED + 1}`)
    if (found.length <= 1) return found[0] && streamOf(found[0])
    const known = found.slice(0, MOST_LISTED).map((row) => row.stream_id)
    const more = found.length > MOST_LISTED ? ' and more' : ''
    throw new UnknownStreamError(
      `the database has several streams, choose one by streamId: ${known.join(', ')}${more}`,
      undefined,
      known,
    )
  }

  /** The stream. @throws {UnknownStreamError} if there is none, or if there are several and none was chosen. */
  async require(on: Queryable = this.driver): Promise<StreamRow> {
    const found = await this.find(on)
    if (found !== undefined) return found
    if (this.chosen === undefined) throw new UnknownStreamError('the database has no stream yet', undefined, [])
    const known = await this.ids(on)
    const others = known.length === 0 ? 'it has none yet' : `it has ${known.join(', ')}`
    throw new UnknownStreamError(`the database has no stream ${this.chosen}, ${others}`, this.chosen, known)
  }

  /** The stream of an id. With `forUpdate` nobody else writes to it until the transaction ends. */
  async byId(streamId: string, on: Queryable = this.driver, forUpdate = false): Promise<StreamRow | undefined> {
    const lock = forUpdate ? ' FOR NO KEY UPDATE' : ''
    const [row] = await on.query<Row>(`SELECT ${COLUMNS} WHERE stream_id = $1::uuid${lock}`, [streamId])
    return row && streamOf(row)
  }

  /** Ids of the oldest streams, at most ten. */
  async ids(on: Queryable = this.driver): Promise<string[]> {
    const sql = `SELECT stream_id FROM experience_streams ORDER BY stream LIMIT ${MOST_LISTED}`
    const rows = await on.query<Pick<Row, 'stream_id'>>(sql)
    return rows.map((row) => row.stream_id)
  }

  /** Adds a stream that has nothing yet; does nothing if it is there. */
  async add(identity: StreamIdentity, origin: StreamOrigin, on: Queryable = this.driver): Promise<void> {
    const { streamId, capacity, requiredMask, firstSeq } = identity
    await on.query(
      `INSERT INTO experience_streams
         (stream_id, origin, capacity, required_mask, first_seq, next_seq, journal_position)
       VALUES ($1::uuid, $2, $3, $4, $5, $5, 0) ON CONFLICT (stream_id) DO NOTHING`,
      [streamId, origin, capacity, requiredMask, firstSeq],
    )
  }

  /** Moves a checkpoint; the caller holds the row. */
  async advance(key: number, to: Checkpoint, on: Queryable): Promise<void> {
    await on.query(
      'UPDATE experience_streams SET next_seq = $2, journal_position = $3, updated_at = now() WHERE stream = $1',
      [key, to.seq, to.position],
    )
  }
}

type Row = {
  readonly stream: number
  readonly stream_id: string
  readonly origin: StreamOrigin
  readonly capacity: bigint
  readonly required_mask: number
  readonly first_seq: bigint
  readonly next_seq: bigint
  readonly journal_position: bigint
}

function streamOf(row: Row): StreamRow {
  return {
    key: row.stream,
    identity: {
      streamId: row.stream_id,
      capacity: Number(row.capacity),
      requiredMask: row.required_mask,
      firstSeq: Number(row.first_seq),
    },
    origin: row.origin,
    checkpoint: { seq: Number(row.next_seq), position: Number(row.journal_position) },
  }
}
