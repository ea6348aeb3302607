/**
 * Do the statistical checks see a broken module? Small changes of its sources, each a mistake that samplers are known
 * for, are compiled and run behind the library: every one must fail the checks that the real module passes.
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import { ExperienceStream, prioritizedReward, sequences, uniform } from '../../src/index.js'
import { CHECKS, type Check, reachability } from '../statistics/checks.js'
import { fit, LEVEL } from '../statistics/goodness.js'
import { ExplicitSampler, writeZeros } from '../statistics/stream-sampler.js'
import { successiveSets } from '../statistics/successive.js'
import { compileMutant, type Patch } from './compile.js'

const TREE = 'assembly/tree.ts'
const FOLD = 'assembly/fold.ts'

/** Whether the draws of the module pass; `undefined` is the real one. */
type Verdict = (module?: WebAssembly.Module) => boolean

function weighted(...parts: readonly string[]): Verdict {
  const checks: Check[] = CHECKS.filter(({ name }) => parts.some((part) => name.includes(part)))
  if (checks.length !== parts.length) throw new Error(`${checks.length} checks for ${parts.length} names`)
  return (module) => checks.every((check) => check.run((size, seed) => new ExplicitSampler(size, seed, 0, module)).fits)
}

const million: Verdict = (module) => {
  return reachability(2 ** 22).run((size, seed) => new ExplicitSampler(size, seed, 0, module)).fits
}

const uniformFits: Verdict = (module) => {
  const stream = ExperienceStream.createSync({ capacity: 50, seed: 3, module })
  writeZeros(stream, 77)
  const counts = new Float64Array(50)
  for (let round = 0; round < 50; round++) {
    const { seqs } = stream.sampleSeqs(4000, uniform(), { replacement: true })
    for (const seq of seqs) counts[seq - 27]!++
  }
  return fit(counts, new Float64Array(50).fill(1 / 50)).pValue > LEVEL
}

const setsFit: Verdict = (module) => {
  const weights = [5, 0.5, 1, 30, 2, 0.25]
  const stream = ExperienceStream.createSync({ capacity: 6, seed: 3, module })
  for (const weight of weights) stream.writeEvent({ rewardGoal: weight })
  const { sets, probabilities, cell } = successiveSets(weights, 3)
  const counts = new Float64Array(sets.length)
  for (let round = 0; round < 40_000; round++) {
    let set = 0
    for (const seq of stream.sampleSeqs(3, prioritizedReward(), { replacement: false }).seqs) set |= 1 << seq
    counts[cell.get(set)!]!++
  }
  return fit(counts, probabilities).pValue > LEVEL
}

const runsFit: Verdict = (module) => {
  const stream = ExperienceStream.createSync({ capacity: 12, seed: 3, module })
  const counts = new Float64Array(8)
  for (let i = 0; i < 19; i++) {
    stream.writeEvent({ episodeId: i % 2, stepNumber: i >> 1 })
    if (i > 11) stream.sampleSeqs(1, sequences({ length: 3 }))
  }
  for (let round = 0; round < 100; round++) {
    const { seqs } = stream.sampleSeqs(300, sequences({ length: 3 }), { replacement: true })
    for (let row = 0; row < seqs.length; row += 3) {
      if (seqs[row]! < 7 || seqs[row + 2] !== seqs[row]! + 4) return false
      counts[seqs[row]! - 7]!++
    }
  }
  return fit(counts, new Float64Array(8).fill(1 / 8)).pValue > LEVEL
}

const mutants: readonly { name: string; verdict: Verdict; patches: readonly Patch[] }[] = [
  {
    name: 'an f32 point',
    verdict: million,
    patches: [
      {
        file: 'assembly/draw.ts',
        find: 'unit() * sum)',
        replace: '<f64>(<f32>unit() * <f32>sum) * 0.9999999)',
      },
    ],
  },
  {
    name: '24 random bits',
    verdict: million,
    patches: [{ file: 'assembly/random.ts', find: '(next64() >> 11)', replace: '((next64() >> 40) << 29)' }],
  },
  {
    name: 'the neighbour of the drawn leaf',
    verdict: weighted('heavy items', 'twelve decades'),
    patches: [
      {
        file: TREE,
        find: '(block << 4) + leafOf(leafAt(block << 4), load<f64>(at8(points, i))))',
        replace: '(block << 4) + (leafOf(leafAt(block << 4), load<f64>(at8(points, i))) ^ 1))',
      },
    ],
  },
  {
    name: 'the last leaf of a block left out of its sum',
    verdict: weighted('equal weights'),
    patches: [
      {
        file: TREE,
        find: 'add4(add4(add4(add4(0, first), first + 32), first + 64), first + 96)',
        replace:
          'add4(add4(add4(0, first), first + 32), first + 64) + load<f64>(first, 96) + load<f64>(first, 104) + load<f64>(first, 112)',
      },
    ],
  },
  {
    name: 'sums that follow the differences of updates',
    verdict: weighted('after large weights became small'),
    patches: [
      {
        file: TREE,
        find: '/** The largest f64 below the positive x. */',
        replace: `export function changeLeaf(slot: u32, weight: f64): void {
  const sum = at8(sumsOf(0), slot >> 4)
  store<f64>(sum, load<f64>(sum) + (weight - load<f64>(leafAt(slot))))
  store<f64>(leafAt(slot), weight)
  let node = slot >> 8
  for (let level: u32 = 0; level + 1 < levels; level++) {
    sumGroup(level, node)
    node >>= 4
  }
}

/** The largest f64 below the positive x. */`,
      },
      {
        file: FOLD,
        find: 'store<f64>(leafAt(load<u32>(at4(LIST, i))), load<f64>(at8(WEIGHTS, i)))',
        replace: 'changeLeaf(load<u32>(at4(LIST, i)), load<f64>(at8(WEIGHTS, i)))',
      },
      { file: FOLD, find: '    sumListed(LIST, n)\n', replace: '' },
      { file: FOLD, find: 'import { leafAt,', replace: 'import { changeLeaf, leafAt,' },
    ],
  },
  {
    name: 'sums that a change does not reach',
    verdict: weighted('after a hundred thousand updates'),
    patches: [{ file: FOLD, find: '    sumListed(LIST, n)\n', replace: '' }],
  },
  {
    name: 'a uniform draw that never takes the newest event',
    verdict: uniformFits,
    patches: [
      {
        file: 'assembly/draw.ts',
        find: 'const rank = below(n)\n    emit',
        replace: 'const rank = below(n - 1)\n    emit',
      },
    ],
  },
  {
    name: 'keys without replacement that take half of the logarithm',
    verdict: setsFit,
    patches: [{ file: 'assembly/pass.ts', find: 'logWeight = ln(weight)', replace: 'logWeight = ln(weight) * 0.5' }],
  },
  {
    name: 'runs whose end stays marked when their start is evicted',
    verdict: runsFit,
    patches: [{ file: 'assembly/runs.ts', find: '  unmarkEnd(after(slot, span - 1))\n', replace: '' }],
  },
]

describe('the checks of the module', () => {
  test('pass the real one', () => {
    for (const verdict of new Set(mutants.map((mutant) => mutant.verdict))) expect(verdict()).toBe(true)
  }, 60_000)

  test('pass the sources as they stand, compiled like the mutants', async () => {
    const module = await compileMutant([])
    for (const verdict of [runsFit, setsFit, uniformFits]) expect(verdict(module)).toBe(true)
  }, 60_000)

  for (const { name, verdict, patches } of mutants) {
    test(`catch ${name}`, async () => {
      expect(verdict(await compileMutant(patches))).toBe(false)
    }, 60_000)
  }
})
