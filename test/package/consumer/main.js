/**
 * The application that every bundler builds: it runs the golden program on streams made both ways, and looks at errors.
 */

import * as library from 'experience-stream'
import { GOLDEN_OPTIONS, goldenDraws } from './draws.js'

async function run() {
  const { ExperienceStream, ExperienceError, InvalidArgumentError, ClosedError } = library
  const made = await ExperienceStream.create(GOLDEN_OPTIONS)
  const sync = ExperienceStream.createSync(GOLDEN_OPTIONS)
  const refused = caught(() => ExperienceStream.createSync({ capacity: 0 }))
  const draws = goldenDraws(library, made)
  const drawsSync = goldenDraws(library, sync)
  await made.close()
  const closed = caught(() => made.writeEvent({}))
  return {
    draws,
    drawsSync,
    errors: [refused, closed].map((error) => ({
      name: error.name,
      code: error.code,
      classes: [
        error instanceof ExperienceError,
        error instanceof InvalidArgumentError,
        error instanceof ClosedError,
        error instanceof Error,
      ],
    })),
  }
}

function caught(action) {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('it did not throw')
}

globalThis.outcome = run()
