/**
 * The options of samplers, which `ingest` and `sample` share.
 *
 * @module
 */

import { integer, nonNegative, oneOf, typeCodes } from './arguments.js'
import { UsageError } from './errors.js'

/** How samples are drawn. */
export const SAMPLERS = ['uniform', 'reward', 'recent', 'type'] as const
export type Sampler = (typeof SAMPLERS)[number]

/** Samples to draw. */
export interface SampleRequest {
  size: number
  by: Sampler
  /** For `type`. */
  types: number[]
  /** For `reward`: exponent and addition of the weights. */
  alpha: number
  epsilon: number
  /** `undefined` leaves it to the strategy. */
  replacement: boolean | undefined
}

/** The options that say how to draw. */
export const SAMPLE_OPTIONS = {
  sample: { type: 'string' },
  by: { type: 'string' },
  type: { type: 'string', multiple: true },
  alpha: { type: 'string' },
  epsilon: { type: 'string' },
  replacement: { type: 'string' },
  seed: { type: 'string' },
} as const

/** Their values, as they stand on the command line. */
export interface SampleValues {
  sample?: string | undefined
  by?: string | undefined
  type?: string[] | undefined
  alpha?: string | undefined
  epsilon?: string | undefined
  replacement?: string | undefined
}

/** Checks the options of a sampler; undefined without `sample`. Mistakes are `UsageError`s. */
export function checkSample(values: SampleValues): SampleRequest | undefined {
  const needs = (option: 'by' | 'alpha' | 'epsilon' | 'type' | 'replacement', needed: string): void => {
    if (values[option] !== undefined) throw new UsageError(`--${option} needs ${needed}`)
  }
  if (values.sample === undefined) {
    for (const option of ['by', 'type', 'alpha', 'epsilon', 'replacement'] as const) needs(option, '--sample N')
    return undefined
  }
  const by = oneOf('by', values.by ?? 'uniform', SAMPLERS)
  if (by !== 'reward') {
    needs('alpha', '--by reward')
    needs('epsilon', '--by reward')
  }
  if (by !== 'type') needs('type', '--by type')
  if (by === 'recent') needs('replacement', 'a sampler that draws')
  const types = typeCodes(values.type) ?? []
  if (by === 'type' && types.length === 0) throw new UsageError('--by type needs --type CODE')
  return {
    size: integer('sample', values.sample, 1),
    by,
    types,
    alpha: nonNegative('alpha', values.alpha ?? '1'),
    epsilon: nonNegative('epsilon', values.epsilon ?? '0'),
    replacement:
      values.replacement === undefined ? undefined : oneOf('replacement', values.replacement, ['yes', 'no']) === 'yes',
  }
}
