/**
 * THE byte layout: integer literals only, compiled by both compilers, so that the module and the library cannot drift
 * apart. At load the module tells the values that it was built with and the library compares them.
 *
 * Linear memory, addresses in bytes, all values little-endian:
 *
 *     0 ──────────── static data of the module (tables of its arithmetic)
 *     HEADER ─────── the memory map, the state of the ring, the levels of the trees
 *     WRITER_STAGE ─ the record that `writer` fills; OBJECT_STAGE: the one that `writeEvent` fills
 *     RANDOM ─────── state of the sampler's generator
 *     FILTER ─────── the conditions of `find` and `count`; TYPE_SET: a bit for each of the 65,536 type codes
 *     ID_POOL ────── random bytes for the next ids
 *     OUT_… IN_… ─── what kernels return and take, CHUNK entries each
 *     BATCH ──────── CHUNK packed records, or CHUNK rows of columns
 *     RECORDS ────── the ring; behind it masks, side columns and indexes, as kernel/memory-map.ts places them
 *
 * @module
 */

export const LAYOUT_VERSION = 1
/** `XPST` read as a little-endian u32. */
export const MAGIC = 0x54535058

// The record.
export const RECORD_BYTES = 128
export const EVENT_ID = 0
export const TIMESTAMP = 16
export const EPISODE_ID = 24
export const STEP_NUMBER = 32
export const EVENT_TYPE = 36
export const FLAGS = 38
export const STATE = 40
export const ACTION = 72
export const REWARDS = 104
export const ADNA_VERSION_HASH = 120
export const RESERVED = 124
export const VECTOR_LENGTH = 8
export const REWARD_SLOTS = 4
export const FULLY_APPRAISED = 16

// Fixed areas.
export const HEADER = 65536
export const WRITER_STAGE = 66560
export const OBJECT_STAGE = 66688
export const RANDOM = 66816
export const FILTER = 66944
export const ID_POOL = 67584
export const ID_POOL_IDS = 1024
export const TYPE_SET = 83968
export const OUT_SEQS = 92160
export const OUT_PROBABILITIES = 100352
export const OUT_WEIGHTS = 108544
export const OUT_SLOTS = 112640
export const IN_VALUES = 116736
export const BATCH = 122880
export const RECORDS = 262144

/** Events in one call of a kernel at most; what is larger goes in several calls. */
export const CHUNK = 1024

// The memory map in the header: u32 each.
export const H_MAGIC = 0
export const H_VERSION = 4
export const H_CAPACITY = 8
export const H_REQUIRED_MASK = 12
export const H_MASKS = 16
export const H_TYPES = 20
export const H_LEAVES = 24
export const H_LEVELS = 28
export const H_PRIORITIES = 32
export const H_MAX_LEVELS = 36
export const H_DIRTY = 40
export const H_DIRTY_WORDS = 44
export const H_DIRTY_GROUPS = 48
export const H_DIRTY_GROUP_WORDS = 52
export const H_MATCHES = 56
export const H_MATCH_BLOCKS = 60
export const H_MATCH_SUPERS = 64
export const H_LINKS = 68
export const H_HEADS = 72
export const H_HEADS_BITS = 76
export const H_RUN_SPANS = 80
export const H_RUN_ENDS = 84

// The state of the ring and of its indexes in the header: sequence numbers and counters i64, α and ε f64, else u32.
export const H_NEXT_SEQ = 128
export const H_FIRST_SEQ = 136
export const H_SIZE = 144
export const H_HEAD_SLOT = 148
export const H_ID_CURSOR = 152
export const H_TREE_SOURCE = 156
export const H_FOLDED = 160
export const H_PRIORITIZED = 168
export const H_RUNS_FOLDED = 176
export const H_RUNS_LENGTH = 184
export const H_RUNS_COUNT = 188
export const H_ALPHA = 192
export const H_EPSILON = 200
export const H_FULLY_APPRAISED = 208
export const H_REBUILDS = 216
export const H_FOLDED_EVENTS = 224
export const H_REFUSED_INDEX = 232
export const H_BATCH_FLAGS = 236

/** Levels of the sum tree above the leaves: `{ sums, prefixes, count, – }`, u32 each. */
export const LEVEL_TABLE = 65792
export const LEVEL_ENTRY = 16
/** Levels of the tree of largest priorities above the priorities: `{ maxima, count }`, u32 each. */
export const MAX_TABLE = 65920
export const MAX_ENTRY = 8
export const MAX_LEVELS = 8
/** Children of a node. */
export const FANOUT = 16

// Where a column of a batch of columns lies behind BATCH.
export const COLUMN_IDS = 0
export const COLUMN_TIMESTAMPS = 16384
export const COLUMN_EPISODES = 24576
export const COLUMN_STEPS = 32768
export const COLUMN_TYPES = 36864
export const COLUMN_FLAGS = 38912
export const COLUMN_STATES = 40960
export const COLUMN_ACTIONS = 73728
export const COLUMN_REWARDS = 106496
export const COLUMN_REWARD_BYTES = 4096
export const COLUMN_ADNA = 122880

// Bits that say which columns a batch has; the rewards take four bits from the given one.
export const HAS_IDS = 1
export const HAS_TIMESTAMPS = 2
export const HAS_EPISODES = 4
export const HAS_STEPS = 8
export const HAS_TYPES = 16
export const HAS_FLAGS = 32
export const HAS_STATES = 64
export const HAS_ACTIONS = 128
export const HAS_REWARDS = 256
export const HAS_ADNA = 4096
/** The episodes of the batch are u64, not f64. */
export const EPISODES_ARE_U64 = 8192

// How an event is assembled: whether its id is of version 7 instead of 4, or stands in the stage; whether the episode
// stands there as u64.
export const ID_V4 = 0
export const ID_V7 = 1
export const ID_GIVEN = 2
export const EPISODE_STAGED = 4
/** From this bit on: 1 plus the place in BATCH where an event is assembled, or 0 to write it to the ring. */
export const PACKED_SHIFT = 8

// Why a write was refused; 0 is success. The library itself looks after the integers of 32 bits and less.
export const REFUSED_TIMESTAMP = 1
export const REFUSED_EPISODE = 2
export const REFUSED_STEP = 3
export const REFUSED_TYPE = 4
export const REFUSED_FLAGS = 5
export const REFUSED_ADNA = 6
export const REFUSED_STATE = 7
export const REFUSED_ACTION = 8
export const REFUSED_REWARD = 9

// What the leaves of the sum tree weigh.
export const SOURCE_NONE = 0
export const SOURCE_REWARD = 1
export const SOURCE_EXPLICIT = 2

// What a weighted pass without replacement weighs by.
export const WEIGH_LEAVES = 0
export const WEIGH_RECENCY = 1
export const WEIGH_MIXED = 2

// The conditions of a filter behind FILTER: u32, but episode u64, times and rewards f64.
export const F_CONDITIONS = 0
export const F_FLAGS = 4
export const F_EPISODE = 8
export const F_FROM = 16
export const F_TO = 24
export const F_MIN_REWARD = 32
export const F_MAX_REWARD = 40
export const F_TYPE_COUNT = 48
/** The first FEW_TYPES type codes, u16 each; with more the set at TYPE_SET decides. */
export const F_TYPES = 52
export const FEW_TYPES = 8
export const IF_TYPES = 1
export const IF_FLAGS = 2
export const IF_EPISODE = 4
export const IF_TIME = 8
export const IF_REWARD = 16

// ── The shared ring: one memory for all threads, read and written by the module of assembly/shared.
//
//     0 ───────── static data of the module
//     CONTROL ─── the memory map, the claim counter, the words that waiting threads sleep on
//     MEMBERS ─── a line for each thread that takes part: its state, its claim, its counters
//     AREAS ───── for each thread an area laid out as [HEADER, RECORDS) above: stages, ids, batches, results; and LENT
//     records, stamps, cells, epochs: the ring, as threads/shared-map.ts places them; with a journal marks and outbox

/** `XPSS` read as a little-endian u32. */
export const SHARED_MAGIC = 0x53535058
export const SHARED_VERSION = 2
export const CONTROL = 65536
export const MEMBERS = 69632
export const MEMBER_BYTES = 128
export const MOST_MEMBERS = 256
export const AREAS = 102400
export const AREA_BYTES = 327680

// Behind CONTROL: the map, u32 each, written before anybody attaches.
export const S_MAGIC = 0
export const S_VERSION = 4
export const S_FINGERPRINT = 8
export const S_CAPACITY = 12
export const S_MEMBERS = 16
export const S_REQUIRED_MASK = 20
export const S_TAG_SHIFT = 24
export const S_CLAIM_LIMIT = 28
export const S_RECORDS = 32
export const S_STAMPS = 36
export const S_CELLS = 40
export const S_EPOCHS = 44
export const S_KNOWN = 48
export const S_BLOCKS = 52
export const S_EXPLICIT = 56
export const S_ID_MODE = 60
export const S_FIRST_SEQ = 64
/** Events of the live window: the slots, less those that a journal keeps until they are written out. */
export const S_WINDOW = 72
/** Addresses; 0 without a journal. */
export const S_MARKS = 76
export const S_OUTBOX = 80
export const S_FULL_THROWS = 84
// What changes: each word that threads contend for has a cache line of its own. Sequence numbers and counters are i64.
export const S_CLAIMED = 128
export const S_FRONTIER = 256
export const S_WAITING = 384
export const S_WAKE = 388
export const S_CLOSED = 392
/** The first number that may not be claimed yet, and below which events are closed for late writes. */
export const S_GATE = 400
export const S_CLOSING = 408
export const S_SAMPLERS = 512
// Counters of members that are gone.
export const S_WRITTEN = 640
export const S_ABORTED = 648
export const S_EVICTED = 656
export const S_FINISHED = 664
export const S_APPLIED = 672
export const S_TOO_LATE = 680
// The counters of the outbox. What only the library looks at stands behind S_JOURNAL; see threads/journal-words.ts.
export const S_JOURNAL = 768
export const S_POSTED = 896
export const S_TAKEN = 1024

// A member. The state is changed by compare-and-swap, alone or as one i64 with the generation; the rest by the member
// alone (or by who retires it).
export const M_STATE = 0
export const M_GENERATION = 4
export const M_CLAIM_NEXT = 8
export const M_CLAIM_END = 16
export const M_CLAIM_SIZE = 24
export const M_FENCE = 28
export const M_WRITTEN = 32
export const M_ABORTED = 40
export const M_EVICTED = 48
export const M_FINISHED = 56
export const M_APPLIED = 64
export const M_TOO_LATE = 72
/** The sequence number that the last call gave or met, f64. */
export const M_SEQ = 80
/** What a read of a range met beside events: missed and aborted numbers, and where it stopped, f64 each. */
export const M_MISSED = 88
export const M_HOLES = 96
export const M_STOPPED = 104
/** Slot of the next claimed number. */
export const M_CLAIM_SLOT = 112
/** 1 once the thread samples, u32. */
export const M_SAMPLES = 116
/** One more than the number that the thread is writing late to, or 0; only with a journal. */
export const M_LATE = 120

export const MEMBER_FREE = 0
export const MEMBER_RESERVED = 1
export const MEMBER_ACTIVE = 2
export const MEMBER_RETIRED = 3
/** Active, and in the middle of changing its claim. */
export const MEMBER_BUSY = 4

// Where a read leaves a record in the thread's area: places that only the sampler and the filter of a stream of one
// thread use.
export const READ_RECORD = 66816
export const VIEW_RECORD = 66944
// What a poll lends, CHUNK records: behind the areas of a stream of one thread, where its ring would begin.
export const LENT = 262144

/** Slots of a block, which share an epoch. */
export const BLOCK_SLOTS = 64

// A stamp, i64: eight times the sequence number, plus what became of it.
export const STAMP_SHIFT = 3
export const STAMP_WRITING = 1
export const STAMP_PUBLISHED = 2
export const STAMP_ABORTED = 3
export const STAMP_KIND = 3
/** Added to a published stamp once somebody has written to the event's cells. */
export const STAMP_LATE = 4

// The cells of a slot, i64 each: a value in the low half, in the high half the tag of the event that it belongs to.
export const CELL_BYTES = 64
export const CELL_STATUS = 0
export const CELL_PRIORITY = 8
export const CELL_REWARDS = 16
/** The status is the flags and, from this bit on, the mask. */
export const STATUS_MASK_SHIFT = 16

// What a late change looks like for a sampler's copy: seq f64, slot u32, flags u32, four rewards and the priority f32.
export const CHANGE_BYTES = 40
export const CHANGE_SLOT = 8
export const CHANGE_FLAGS = 12
export const CHANGE_REWARDS = 16
export const CHANGE_PRIORITY = 32
// And for the journal; in the outbox behind an i64: seq f64, rewards, status as in the cells, a bit for each reward given.
export const POST_CELLS = 1024
export const POST_BYTES = 64
export const POST_ENTRY = 8
/** Added to S_POSTED when nothing can be posted any more: 2^52. */
export const POSTS_ENDED = 4503599627370496
export const ENTRY_BYTES = 32
export const ENTRY_REWARDS = 8
export const ENTRY_STATUS = 24
export const ENTRY_SLOTS = 28

// Why a shared write did not take place, beside the reasons above; what became of a late write.
export const REFUSED_EXHAUSTED = 10
export const REFUSED_RETIRED = 11
export const REFUSED_CLOSED = 12
export const REFUSED_FULL = 13
export const LATE_APPLIED = 0
export const LATE_EVICTED = 1
export const LATE_NOT_WRITTEN = 2
export const LATE_ABORTED = 3
export const LATE_REFUSED = 4
