/**
 * What the contract of `PersistenceBackend` asks of those who check theirs.
 *
 * @module
 */

import type { PersistenceBackend } from '../postgres/contract.js'
import type { ContractCheck } from './check.js'

/** What a place may have beyond one connection to a database. */
export type BackendCapability = 'concurrent' | 'archive'

/** A database, empty but for its tables. */
export interface BackendPlace {
  /** A further backend on it. With `'archive'` all of them have the same archive directory. */
  backend(): Promise<PersistenceBackend>
  /** Closes every backend and removes the database. */
  remove(): Promise<void>
}

/** A check of a backend. */
export interface BackendCheck extends ContractCheck {
  readonly needs: readonly BackendCapability[]
}

/** A check as it is written down. */
export interface BackendCheckBody {
  readonly needs?: readonly BackendCapability[]
  run(backend: PersistenceBackend, place: BackendPlace): Promise<void>
}
