/**
 * The events of one stream where they stand: in the tables, and in the files of the archive.
 *
 * Contract: tables and archive are looked at in one transaction, the tables first. Reading them locks the table of events
 * against the removal of a day until the transaction ends, so that what the archive says behind that is no older than the
 * rows: every event is in exactly one of the two. Asked the other way round, or in one snapshot that is older than the
 * lock, a day that was moved in between would be in neither.
 *
 * @module
 */

import { ArchiveChangedError } from '../archive/errors.js'
import type { SqlDriver, SqlSession } from '../driver/driver.js'
import type { Archive, ArchiveView } from '../store/source.js'

/** How often files may be replaced and removed while one page is read; each time takes longer than a page. */
const MOST_ATTEMPTS = 3

/** See the module. */
export class EventTables {
  readonly driver: SqlDriver
  /** Key of the stream. */
  readonly stream: number
  private readonly archive: Archive | undefined
  private view: ArchiveView | undefined

  constructor(driver: SqlDriver, stream: number, archive: Archive | undefined) {
    this.driver = driver
    this.stream = stream
    this.archive = archive
  }

  /**
   * What both have together: `read` reads the tables, `join` adds what the files have. The connection is given back before
   * files are read.
   *
   * @param options.bounds whether `join` leaves out files by the bounds of their rewards, which are of the moment.
   */
  async together<T>(
    read: (session: SqlSession) => Promise<T>,
    join: (rows: T, view: ArchiveView) => Promise<T>,
    { signal, bounds = false }: { readonly signal: AbortSignal | undefined; readonly bounds?: boolean },
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const { rows, view } = await this.driver.transaction(
        async (session) => {
          return { rows: await read(session), view: await this.viewOf(session, bounds) }
        },
        { readOnly: true, signal },
      )
      if (view === undefined) return rows
      try {
        return await join(rows, view)
      } catch (error) {
        if (!(error instanceof ArchiveChangedError) || attempt === MOST_ATTEMPTS) throw error
        this.view = undefined
      }
    }
  }

  /** What is in files, as the transaction sees it; asked again only if the archive has changed. */
  private async viewOf(session: SqlSession, bounds: boolean): Promise<ArchiveView | undefined> {
    const { archive, view } = this
    if (archive === undefined) return undefined
    if (!bounds && view !== undefined && (await archive.generation(session)) === view.generation) return view
    this.view = await archive.view(session, this.stream)
    return this.view
  }
}
