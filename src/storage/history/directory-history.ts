/**
 * The history of a directory that is only read: nobody has it open, or another process does. There is no ring; what the
 * journal's files and the stores hold is all there is.
 *
 * @module
 */

import { ClosedError } from '../../errors.js'
import type { JournalFolder } from '../journal/journal-end.js'
import { JournalReader } from '../journal/reader.js'
import type { StreamIdentity } from '../journal/source.js'
import { History } from './history.js'
import type { HistoryStore } from './tier.js'

/** Changes nothing on the disk. Every call looks for what has been written since the one before. */
export class DirectoryHistory extends History {
  private readonly reader: JournalReader
  private readonly state: { closed: boolean }

  /**
   * @param stores that are open, asked in this order for what the journal no longer has; closing them stays with who
   * opened them.
   * @throws {StorageError} if there is no journal in the folder.
   */
  constructor(folder: JournalFolder, stores: readonly HistoryStore[] = []) {
    const reader = new JournalReader(folder)
    const state = { closed: false }
    const assertOpen = (): void => {
      if (state.closed) throw new ClosedError('history')
    }
    super({ source: reader, stores: () => stores, assertOpen })
    this.reader = reader
    this.state = state
  }

  /** What the stream is known by. */
  get identity(): StreamIdentity {
    return this.reader.identity
  }

  /** Lets go of the files; later calls throw `ClosedError`. Does nothing the second time. */
  async close(): Promise<void> {
    if (this.state.closed) return
    this.state.closed = true
    this.reader.close()
  }

  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
