/**
 * The libraries behind the drivers, all optional peers, each loaded when it is first needed.
 *
 * @module
 */

import { MissingDependencyError } from '../../storage/errors.js'

export type PgLibrary = typeof import('pg')['default']
export type CopyLibrary = typeof import('pg-copy-streams')
export type PgliteLibrary = typeof import('@electric-sql/pglite')

/** @throws {MissingDependencyError} */
export async function loadPg(): Promise<PgLibrary> {
  return (await optional(() => import('pg'), 'a PostgreSQL server', ['pg', 'pg-copy-streams'])).default
}

/** @throws {MissingDependencyError} */
export function loadCopy(): Promise<CopyLibrary> {
  return optional(() => import('pg-copy-streams'), 'a PostgreSQL server', ['pg', 'pg-copy-streams'])
}

/** @throws {MissingDependencyError} */
export function loadPglite(): Promise<PgliteLibrary> {
  return optional(() => import('@electric-sql/pglite'), 'an embedded PostgreSQL', ['@electric-sql/pglite'])
}

async function optional<T>(load: () => Promise<T>, feature: string, packages: readonly string[]): Promise<T> {
  try {
    return await load()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error
    throw new MissingDependencyError(feature, packages)
  }
}
