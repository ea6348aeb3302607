/**
 * Prints `golden-draws.ts`. To be run once the statistical tests pass, and again only when draws are meant to change:
 *
 *     npx esbuild test/core/make-golden.ts --bundle --platform=node --format=esm --outfile=build/make-golden.mjs
 *     node build/make-golden.mjs > test/core/golden-draws.ts
 *
 * @module
 */

import { ExperienceStream } from '../../src/index.js'
import { goldenDraws } from './golden-program.js'

const draws = await goldenDraws((options) => ExperienceStream.create(options))
const lines = Object.entries(draws).map(([name, draw]) => `  '${name}': ${JSON.stringify(draw)},`)

console.log(`/**
 * What \`golden-program.ts\` drew when its samplers had passed the statistical tests; see \`make-golden.ts\`.
 *
 * @module
 */

import type { GoldenDraw } from './golden-program.js'

/** The draws by name. */
// biome-ignore format: one line for each draw
export const GOLDEN_DRAWS: Readonly<Record<string, GoldenDraw>> = {
${lines.join('\n')}
}`)
