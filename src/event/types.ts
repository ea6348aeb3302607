/**
 * The event as users see it: its types, its flags, the appraisers, and the shapes that go in and come out.
 *
 * @module
 */

/**
 * Type codes that the field's systems share. `eventType` may hold any other `u16`: unknown codes are kept as they are,
 * and codes from `CustomUserEvent` upwards are free for applications.
 */
export const EventType = {
  SystemStartup: 0x0001,
  SystemShutdown: 0x0002,
  CDNAUpdated: 0x0010,
  ADNAUpdated: 0x0011,
  TokenCreated: 0x0100,
  TokenDeleted: 0x0101,
  TokenActivated: 0x0102,
  ConnectionCreated: 0x0110,
  ConnectionDeleted: 0x0111,
  ConnectionActivated: 0x0112,
  ActionStarted: 0x0200,
  ActionCompleted: 0x0201,
  ActionFailed: 0x0202,
  HomeostasisReward: 0x0300,
  CuriosityReward: 0x0301,
  EfficiencyReward: 0x0302,
  GoalReward: 0x0303,
  ProposalGenerated: 0x0400,
  ProposalAccepted: 0x0401,
  ProposalRejected: 0x0402,
  CustomUserEvent: 0xf000,
} as const

/** One of the known type codes. Fields and filters take any `u16`. */
export type EventType = (typeof EventType)[keyof typeof EventType]

/** Bits of `flags`. The bits 5 to 15 are reserved; they are kept as given. */
export const EventFlags = {
  /** Needs handling at once. */
  URGENT: 0x0001,
  /** Is a step of a trajectory. */
  TRAJECTORY: 0x0002,
  /** Holds an error. */
  ERROR: 0x0004,
  /** Must be persisted. */
  PERSIST: 0x0008,
  /** Has been scored by every appraiser of the stream. */
  FULLY_APPRAISED: 0x0010,
} as const

/** One bit of `flags`. */
export type EventFlags = (typeof EventFlags)[keyof typeof EventFlags]

/** The four appraisers, each the owner of one reward slot of every event. */
export const AppraiserType = {
  Homeostasis: 0,
  Curiosity: 1,
  Efficiency: 2,
  Goal: 3,
} as const

/** The number of one of the four reward slots. */
export type AppraiserType = (typeof AppraiserType)[keyof typeof AppraiserType]

/**
 * A plain snapshot of one event. It owns its data and never changes.
 */
export interface ExperienceEvent {
  /** Sequence number in the stream that it was read from, 0-based. */
  seq: number
  /** UUID in its canonical lower-case form. */
  eventId: string
  /** Unix time in µs, an integer in [0, 2^53). */
  timestamp: number
  /** Number of the episode, u64. */
  episodeId: bigint
  /** Step within the episode, u32. */
  stepNumber: number
  /** Type code, u16; see {@link EventType}. */
  eventType: number
  /** Bits, u16; see {@link EventFlags}. */
  flags: number
  /** `[8] f32`. */
  state: Float32Array
  /** `[8] f32`. */
  action: Float32Array
  rewardHomeostasis: number
  rewardCuriosity: number
  rewardEfficiency: number
  rewardGoal: number
  /** u32. */
  adnaVersionHash: number
  /** The f32 sum of the four rewards, added from left to right. */
  totalReward: number
}

/**
 * What `writeEvent` takes. Every field may be left out: the id is then drawn, the time read from the stream's clock,
 * everything else is 0. Unknown keys are ignored, so that an {@link ExperienceEvent} can be written again.
 */
export interface EventInput {
  /** A UUID string of any version, or its 16 bytes. */
  eventId?: string | Uint8Array | undefined
  /** Unix time in µs, an integer in [0, 2^53). */
  timestamp?: number | undefined
  /** An integer in [0, 2^53) as a number, or in [0, 2^64) as a bigint. */
  episodeId?: number | bigint | undefined
  /** An integer in [0, 2^32). */
  stepNumber?: number | undefined
  /** An integer in [0, 65535]. */
  eventType?: number | undefined
  /** An integer in [0, 65535]. */
  flags?: number | undefined
  /** Up to 8 numbers, finite as f32; the rest is 0. */
  state?: ArrayLike<number> | undefined
  /** Up to 8 numbers, finite as f32; the rest is 0. */
  action?: ArrayLike<number> | undefined
  /** At most 8·10^37 in magnitude, as are the other three. */
  rewardHomeostasis?: number | undefined
  rewardCuriosity?: number | undefined
  rewardEfficiency?: number | undefined
  rewardGoal?: number | undefined
  /** An integer in [0, 2^32). */
  adnaVersionHash?: number | undefined
}

/**
 * A batch of events as one array per field. All arrays describe the same number `n` of events; at least one is given,
 * the fields of the others take their defaults as in {@link EventInput}. An unknown key is an error.
 */
export interface EventColumns {
  /** `[n × 16]` bytes. */
  eventIds?: Uint8Array | undefined
  /** `[n]` Unix µs, integers in [0, 2^53). */
  timestamps?: Float64Array | undefined
  /** `[n]`; a `Float64Array` holds integers in [0, 2^53). */
  episodeIds?: Float64Array | BigUint64Array | undefined
  /** `[n]`. */
  stepNumbers?: Uint32Array | undefined
  /** `[n]`. */
  eventTypes?: Uint16Array | undefined
  /** `[n]`. */
  flags?: Uint16Array | undefined
  /** `[n, 8]`, row by row. */
  states?: Float32Array | undefined
  /** `[n, 8]`, row by row. */
  actions?: Float32Array | undefined
  /** `[n]`, as are the other three. */
  rewardsHomeostasis?: Float32Array | undefined
  rewardsCuriosity?: Float32Array | undefined
  rewardsEfficiency?: Float32Array | undefined
  rewardsGoal?: Float32Array | undefined
  /** `[n]`. */
  adnaVersionHashes?: Uint32Array | undefined
}
