/**
 * The byte format of the journal, version 1. All integers are little-endian; u64 values are below 2^53.
 *
 * A journal is a folder of segments, `journal-<number, 10 digits>.esj`, numbers consecutive. A segment is a header of
 * SEGMENT_HEADER_BYTES and then blocks, one behind the other, each of BLOCK_HEADER_BYTES and a payload padded with zeros
 * to a multiple of BLOCK_ALIGN. A segment may be longer than its blocks: the rest is zeros or, in a file that was reused,
 * bytes that no block of this segment's salt begins with.
 *
 * Segment header
 *
 *     0 u32 magic `XPSJ`      16 16 bytes stream id          56 u64 Unix µs of creation   124 u32 CRC-32 of [0, 124)
 *     4 u16 format version    32 u64 number of the segment   64 u32 salt, random
 *     6 u16 header bytes      40 u64 next sequence number    68 u32 capacity of the ring
 *     8 u32 layout version    48 u64 position of the first   72 u32 mask of the appraisers that complete an event
 *     12 u32 record bytes        block                       80 u64 first sequence number of the stream
 *
 * Block header
 *
 *     0 u32 magic `XPSB`      16 u64 position                40 u64 Unix µs of writing    56 u32 CRC-32 of the payload
 *     4 u8 kind, 5 u8 flags   24 u64 first sequence number   48 u64 synced: every block     60 u32 CRC-32 of [0, 60)
 *     6 u16 zero              32 u32 count of entries           before this position had
 *     8 u32 salt of segment   36 u32 span: last − first         survived a sync when this
 *     12 u32 payload bytes       sequence number + 1            one was written
 *
 * Positions count the blocks of the whole journal, one up from block to block, across segments. `synced` lets recovery
 * tell a hole that a loss of power tore into blocks nobody had been promised from damage to what was safe.
 *
 * Payloads by kind
 *
 * - RECORDS: `count` records of 128 bytes as they stand in the ring, consecutive sequence numbers; with HAS_MASKS then
 *   one byte an event: the mask of who has scored it. Without, all masks are 0, or complete where FULLY_APPRAISED is set.
 * - CORRECTIONS: `count` entries of CORRECTION_BYTES, ascending: u32 sequence number − first, u16 flags, u8 mask bits,
 *   u8 slots (a bit for each reward that follows with a value), 4 f32 rewards. State, not operations: rewards in
 *   `slots` replace, flags and mask are joined by OR. So applying one twice, or an older one before a newer one, is
 *   harmless.
 * - METADATA: `count` entries: u32 sequence number − first, u32 bytes, the MessagePack of `EventMetadata`.
 * - STATE: the names that the journal keeps, as UTF-8 JSON `{ cursors, followers }` in full; the last one counts. Every
 *   segment begins with one.
 * - GAP: sequence numbers [first, first + span) hold no event; flags say why: GAP_ABORTED or GAP_DAMAGED. One that is
 *   laid over damage stands for `count` positions, the first of which is its own; its payload is what was found there,
 *   of any length, and no checksum covers it. With a span of 0 no event is concerned: what was lost or taken back were
 *   corrections, metadata or states.
 *
 * @module
 */

export const FORMAT_VERSION = 1
export const SEGMENT_HEADER_BYTES = 128
export const BLOCK_HEADER_BYTES = 64
export const BLOCK_ALIGN = 64
/** `XPSJ` read as a little-endian u32. */
export const SEGMENT_MAGIC = 0x4a535058
/** `XPSB` read as a little-endian u32. */
export const BLOCK_MAGIC = 0x42535058

export const S_MAGIC = 0
export const S_FORMAT = 4
export const S_HEADER_BYTES = 6
export const S_LAYOUT = 8
export const S_RECORD_BYTES = 12
export const S_STREAM_ID = 16
export const S_NUMBER = 32
export const S_NEXT_SEQ = 40
export const S_POSITION = 48
export const S_CREATED = 56
export const S_SALT = 64
export const S_CAPACITY = 68
export const S_REQUIRED_MASK = 72
export const S_FIRST_SEQ = 80
export const S_CRC = 124

export const B_MAGIC = 0
export const B_KIND = 4
export const B_FLAGS = 5
export const B_SALT = 8
export const B_PAYLOAD = 12
export const B_POSITION = 16
export const B_SEQ = 24
export const B_COUNT = 32
export const B_SPAN = 36
export const B_WRITTEN = 40
export const B_SYNCED = 48
export const B_PAYLOAD_CRC = 56
export const B_CRC = 60

export const RECORDS = 1
export const CORRECTIONS = 2
export const METADATA = 3
export const STATE = 4
export const GAP = 5

/** RECORDS: masks follow the records. */
export const HAS_MASKS = 1
/** GAP: claimed by a thread that never wrote. */
export const GAP_ABORTED = 1
/** GAP: lost to damage that was salvaged. */
export const GAP_DAMAGED = 2

export const CORRECTION_BYTES = 24
export const C_SEQ = 0
export const C_FLAGS = 4
export const C_MASK = 6
export const C_SLOTS = 7
export const C_REWARDS = 8

/** A payload is never longer; larger writes go in several blocks. */
export const LONGEST_PAYLOAD = 4 * 1024 * 1024

/** `journal-0000000007.esj` for 7. */
export function segmentName(number: number): string {
  return `journal-${String(number).padStart(10, '0')}.esj`
}

/** 7 for `journal-0000000007.esj`; undefined for any other name. */
export function segmentNumber(name: string): number | undefined {
  const digits = /^journal-(\d{10,16})\.esj$/u.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
