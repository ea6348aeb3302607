/**
 * What a journal consists of, from one walk over the headers of its blocks.
 *
 * @module
 */

import type { Checkpoint } from '../storage/cold/cold-storage.js'
import { KeptNames } from '../storage/durable/names.js'
import { blockBytes, isSalvaged } from '../storage/journal/block-header.js'
import * as F from '../storage/journal/format.js'
import type { JournalReader } from '../storage/journal/reader.js'
import type { BlockInfo, Gap } from '../storage/journal/source.js'

const KINDS: Readonly<Record<number, keyof JournalAccount['kinds']>> = {
  [F.RECORDS]: 'records',
  [F.CORRECTIONS]: 'corrections',
  [F.METADATA]: 'metadata',
  [F.STATE]: 'state',
  [F.GAP]: 'gaps',
}
/** Gaps are listed up to this many; the numbers in them are counted all. */
const GAPS_LISTED = 1000

/** Blocks of one kind. */
export interface KindAccount {
  blocks: number
  /** Records, corrections, entries of metadata, numbers without an event. */
  entries: number
  bytes: number
}

/** A place in the journal that somebody keeps by name. */
export interface FollowerAccount {
  name: string
  checkpoint: Checkpoint
  lag: { events: number; bytes: number }
}

/** What is in the files of a journal. */
export interface JournalAccount {
  segments: number
  bytes: number
  kinds: Record<'records' | 'corrections' | 'metadata' | 'state' | 'gaps', KindAccount>
  /** Numbers without an event, by reason. */
  gapNumbers: { aborted: number; damaged: number }
  gaps: Gap[]
  /** When the last damage was salvaged, Unix µs. */
  lastSalvageUs: number | undefined
  /** When the first and the last block were written, Unix µs. */
  firstUs: number | undefined
  lastUs: number | undefined
  cursors: { name: string; seq: number; lag: number }[]
  followers: FollowerAccount[]
}

/** Walks over the journal as of the last `refresh`. @throws StorageError, CorruptSegmentError */
export function accountOf(journal: JournalReader): JournalAccount {
  const segments = journal.segments()
  const { endSeq, endPosition } = journal
  const names = namesOf(journal)
  const followers = [...names.followers()].map(([name, checkpoint]) => {
    return { name, checkpoint, lag: { events: Math.max(0, endSeq - checkpoint.seq), bytes: 0 } }
  })
  const account: JournalAccount = {
    segments: segments.length,
    bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
    kinds: { records: none(), corrections: none(), metadata: none(), state: none(), gaps: none() },
    gapNumbers: { aborted: 0, damaged: 0 },
    gaps: [],
    lastSalvageUs: undefined,
    firstUs: undefined,
    lastUs: undefined,
    cursors: [...names.cursors()].map(([name, seq]) => ({ name, seq, lag: Math.max(0, endSeq - seq) })),
    followers,
  }
  for (const block of journal.blocks(journal.startPosition, endPosition)) {
    const bytes = take(account, block)
    for (const { checkpoint, lag } of followers) if (block.position >= checkpoint.position) lag.bytes += bytes
  }
  return account
}

/** The cursors and followers that the journal's newest STATE names. */
export function namesOf(journal: JournalReader): KeptNames {
  let state: BlockInfo | undefined
  for (const { startPosition } of [...journal.segments()].reverse()) {
    for (const block of journal.blocks(startPosition)) if (block.kind === F.STATE) state = block
    if (state !== undefined) break
  }
  return new KeptNames(state && new TextDecoder().decode(journal.payload(state)), () => {})
}

/** Counts a block and returns its size in bytes. */
function take(account: JournalAccount, block: BlockInfo): number {
  const { kind, seq, count, span, writtenUs } = block
  const entry = account.kinds[KINDS[kind] as keyof JournalAccount['kinds']]
  const bytes = blockBytes(block.payloadBytes)
  entry.blocks++
  entry.entries += kind === F.GAP ? span : count
  entry.bytes += bytes
  account.firstUs ??= writtenUs
  account.lastUs = writtenUs
  if (isSalvaged(block)) account.lastSalvageUs = writtenUs
  if (kind !== F.GAP || span === 0) return bytes
  const reason = isSalvaged(block) ? 'damaged' : 'aborted'
  account.gapNumbers[reason] += span
  if (account.gaps.length < GAPS_LISTED) account.gaps.push({ start: seq, end: seq + span, reason })
  return bytes
}

function none(): KindAccount {
  return { blocks: 0, entries: 0, bytes: 0 }
}
