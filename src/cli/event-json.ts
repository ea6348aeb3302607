/**
 * Events of history as JSON: the fields of an event, and what stands beside it.
 *
 * @module
 */

import { type ExperienceEventJSON, eventToJSON } from '../index.js'
import type { EventMetadata } from '../storage/cold/cold-storage.js'
import type { HistoryBatch } from '../storage/history/batch.js'
import { APPRAISERS, type AppraiserName } from './ingestion.js'

/** An event with who has scored it and, if it has any, its metadata. */
export type HistoryEventJSON = ExperienceEventJSON & { appraised: AppraiserName[]; metadata?: EventMetadata }

/** The event at a place of a batch. */
export function eventAt(batch: HistoryBatch, i: number): HistoryEventJSON {
  const mask = batch.masks[i] as number
  const appraised = APPRAISERS.filter((_, slot) => (mask & (1 << slot)) !== 0)
  const metadata = batch.metadata.get(batch.seqs[i] as number)
  return { ...eventToJSON(batch.at(i)), appraised, ...(metadata === undefined ? {} : { metadata }) }
}

/** The same as a line of text. */
export function eventLine(batch: HistoryBatch, i: number): string {
  return `${JSON.stringify(eventAt(batch, i))}\n`
}
