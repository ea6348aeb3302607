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
export { optionsFromConfig } from './stream/options.js'
export {
  custom,
  filteredByType,
  mixed,
  prioritizedReward,
  recencyWeighted,
  recent,
  SamplingStrategy,
  sequences,
  type Take,
  uniform,
} from './stream/strategy.js'
export { ExperienceStream } from './stream/stream.js'
export type { Subscription } from './stream/subscription.js'
export type {
  BulkResult,
  Clock,
  EventFilter,
  ExperienceReader,
  ExperienceWriter,
  FindOptions,
  SampleOptions,
  SeqRange,
  StreamOptions,
  StreamStats,
  SubscribeOptions,
  SubscriptionStats,
} from './stream/types.js'
