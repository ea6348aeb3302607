/**
 * experience-stream: the memory of what a program experienced.
 *
 * @module
 */

export {
  ClosedError,
  ExperienceError,
  InvalidArgumentError,
  LayoutMismatchError,
  SequenceEvictedError,
  SequenceExhaustedError,
  SequenceNotWrittenError,
} from './errors.js'
export { type ExperienceEventJSON, eventToJSON } from './event/json.js'
export {
  AppraiserType,
  type EventColumns,
  EventFlags,
  type EventInput,
  EventType,
  type ExperienceEvent,
} from './event/types.js'
export { EventView } from './event/view.js'
export type { EventWriter } from './event/writer.js'
export { type AppraisalResult, Appraiser, AppraiserCoordinator, runAppraiser } from './stream/appraisal.js'
export {
  type Appraisable,
  type AppraiserFunction,
  curiosityAppraiser,
  efficiencyAppraiser,
  goalAppraiser,
  homeostasisAppraiser,
  type Range,
} from './stream/appraisers.js'
export { EventBatch, SampleBatch, SampledSeqs, type SampleSeqs } from './stream/batch.js'
export type { ExperienceReader, ExperienceWriter } from './stream/interfaces.js'
export { optionsFromConfig } from './stream/options.js'
export { SamplingStrategy } from './stream/sampling/all.js'
export { custom, filteredByType } from './stream/sampling/filtered.js'
export { mixed } from './stream/sampling/mixed.js'
export { prioritizedReward } from './stream/sampling/prioritized.js'
export { recencyWeighted } from './stream/sampling/recency.js'
export { recent } from './stream/sampling/recent.js'
export { sequences } from './stream/sampling/sequences.js'
export type { Take } from './stream/sampling/strategy.js'
export { uniform } from './stream/sampling/uniform.js'
export { ExperienceStream } from './stream/stream.js'
export type { Subscription } from './stream/subscription.js'
export type {
  AttachOptions,
  BulkResult,
  Clock,
  EventFilter,
  FindOptions,
  HandleOptions,
  MemberStats,
  RetireOptions,
  SampleOptions,
  SeqRange,
  StreamHandle,
  StreamOptions,
  StreamStats,
  SubscribeOptions,
  SubscriptionStats,
  ThreadsStats,
} from './stream/types.js'
