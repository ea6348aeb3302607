/**
 * A query read from its beginning to its end, one page of rows after the other. The next page is on its way while the
 * caller works on the last; whoever stops early, or aborts, ends it and gives its connection back.
 *
 * @module
 */

import type { StoredEvents } from '../../storage/cold/cold-storage.js'
import { readDays } from './days.js'
import type { Place } from './order.js'
import { readPage } from './page-reader.js'
import type { PageRequest } from './page-request.js'
import type { EventTables } from './tables.js'
import { firstWindow, Windows } from './windows.js'

/** How much of a query is wanted. */
export interface Reach {
  /** Behind this place. */
  readonly after: Place | undefined
  /** Events in all. */
  readonly limit: number
  /** Events of a page at most. */
  readonly pageSize: number
  readonly signal: AbortSignal | undefined
}

/** Pages that have events, with one read ahead. `open` is called when the first is. */
export async function* pagesOf(
  open: () => Promise<EventTables | undefined>,
  request: PageRequest,
  reach: Reach,
): AsyncGenerator<StoredEvents, void, undefined> {
  const ending = new AbortController()
  const signal = reach.signal === undefined ? ending.signal : AbortSignal.any([reach.signal, ending.signal])
  const pages = inTurn(open, request, { ...reach, signal })
  let ahead = pages.next()
  try {
    for (;;) {
      const { value, done } = await ahead
      if (done) return
      ahead = pages.next()
      // A failure is told when its page is asked for.
      ahead.catch(() => {})
      yield value
      reach.signal?.throwIfAborted()
    }
  } finally {
    ending.abort()
    await ahead.catch(() => {})
  }
}

async function* inTurn(
  open: () => Promise<EventTables | undefined>,
  request: PageRequest,
  { after, limit, pageSize, signal }: Reach,
): AsyncGenerator<StoredEvents, void, undefined> {
  const { conditions, ordering } = request
  if (limit === 0 || conditions.none) return
  signal?.throwIfAborted()
  const tables = await open()
  if (tables === undefined) return
  const days = await readDays(tables.driver, tables.stream, conditions, signal)
  const windows = new Windows(request, days, firstWindow(limit, pageSize, conditions.selective), after)
  let place = after
  for (let left = limit; left > 0; ) {
    const window = windows.next()
    if (window === undefined) return
    const wanted = Math.min(left, pageSize)
    const page = await readPage(tables, request, window, place, wanted, signal)
    left -= page.length
    if (page.length < wanted) windows.passed(window, page.length, wanted)
    if (page.length === 0) continue
    place = ordering.lastPlace(page)
    if (page.length === wanted) windows.reached(window, place)
    yield page
  }
}
