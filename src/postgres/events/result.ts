/**
 * The result of a query: nothing is read before it is asked for, and it can be asked for again.
 *
 * @module
 */

import type { StoredEvents } from '../../storage/cold/cold-storage.js'
import { EventsBuilder } from '../../storage/cold/events.js'
import { ResultTooLargeError } from '../../storage/errors.js'
import { assertInteger, assertKeys, LARGEST_BATCH } from '../../stream/validate.js'
import type { EventPage, EventResult } from '../contract.js'
import { encodeCursor } from './cursor.js'
import type { Ordering } from './order.js'

const DEFAULT_COLLECTED = 100_000
const DEFAULT_PAGE = 1000

/** What a result is made of. */
export interface ResultParts<Batch> {
  readonly ordering: Ordering
  /** Events in all; undefined if there is no limit. */
  readonly limit: number | undefined
  /** The events, `limit` of them, in pages. */
  pages(limit: number): AsyncIterable<StoredEvents>
  /** What the caller gets of some of them. */
  batch(events: StoredEvents): Batch
}

/** See {@link EventResult}. */
export class QueryResult<Batch> implements EventResult<Batch> {
  private readonly parts: ResultParts<Batch>

  constructor(parts: ResultParts<Batch>) {
    this.parts = parts
  }

  /** One iteration in pages; leaving it early lets go of everything. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    const { parts } = this
    for await (const events of parts.pages(parts.limit ?? Number.MAX_SAFE_INTEGER)) yield parts.batch(events)
  }

  /** All events in one batch. @throws {ResultTooLargeError} */
  async collect(options: { readonly limit?: number | undefined } = {}): Promise<Batch> {
    assertKeys(options, 'options', ['limit'])
    const { limit = DEFAULT_COLLECTED } = options
    assertInteger(limit, 'limit', 0, LARGEST_BATCH)
    const most = Math.min(this.parts.limit ?? Number.MAX_SAFE_INTEGER, limit + 1)
    const events = await this.gather(most)
    if (events.length > limit) throw new ResultTooLargeError(limit)
    return this.parts.batch(events)
  }

  /** One page. The event behind it is read as well, to know whether there is one. */
  async page(): Promise<EventPage<Batch>> {
    const { ordering, limit = DEFAULT_PAGE, batch } = this.parts
    if (limit === 0) return { events: batch(joined([])), cursor: undefined }
    const found = await this.gather(limit + 1)
    if (found.length <= limit) return { events: batch(found), cursor: undefined }
    const events = joined([found], limit)
    return { events: batch(events), cursor: encodeCursor(ordering, ordering.lastPlace(events)) }
  }

  private async gather(most: number): Promise<StoredEvents> {
    const pages: StoredEvents[] = []
    for await (const page of this.parts.pages(most)) pages.push(page)
    return joined(pages)
  }
}

/** The first `most` events of pages. */
function joined(pages: readonly StoredEvents[], most = Number.POSITIVE_INFINITY): StoredEvents {
  const total = pages.reduce((sum, page) => sum + page.length, 0)
  const [only] = pages
  if (only !== undefined && pages.length === 1 && total <= most) return only
  const rows = new EventsBuilder(Math.min(total, most))
  for (const page of pages) rows.append(page, 0, page.length)
  return rows.finish()
}
