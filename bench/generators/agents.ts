/**
 * Events of a small crowd of agents in a day: what the figures about files are about. Seeded: the same bytes everywhere.
 *
 * Eight agents take turns; an episode has 100 to 299 steps, and the next one begins with its number. Time goes on by
 * 86.4 ms on average, exponentially distributed, so that a million events fill a day.
 *
 * - state: six values that wander (0.95 times the last one plus normal noise of 0.3), the share of the episode that has
 *   passed, and 1 or 0 for a contact; action: two torques (tanh of the state with noise of 0.1), one of four choices,
 *   and five that are not used
 * - rewards: minus the squares of two states; the size of a normal number; a 64th part as unit; 1 at the end
 * - type: start, end, and between them one code for 7 of 10 events and six others; flags: 1 of 20 events has one
 *
 * The floats that are continuous have all 24 bits: that is what a file cannot make smaller.
 *
 * @module
 */

const RECORD_BYTES = 128
const AGENTS = 8
const MEAN_STEP_US = 86_400
/** Midnight of 14 November 2023, UTC. */
export const DAY_START_US = 1_699_920_000_000_000

/** Events side by side, as stores take them. */
export interface GeneratedEvents {
  readonly length: number
  readonly seqs: Float64Array
  /** Packed records. */
  readonly bytes: Uint8Array
  readonly masks: Uint8Array
  readonly metadata: ReadonlyMap<number, Record<string, never>>
}

interface Agent {
  episode: number
  step: number
  steps: number
  readonly state: Float64Array
}

/** A generator of 32-bit numbers (a Weyl sequence whose terms are mixed). */
function randomWords(seed: number): () => number {
  let weyl = seed | 0
  return () => {
    weyl = (weyl + 0x6d2b79f5) | 0
    let x = Math.imul(weyl ^ (weyl >>> 15), 1 | weyl)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return (x ^ (x >>> 14)) >>> 0
  }
}

/** `n` events with sequence numbers from `firstSeq` on, ids of version 7 (the time first) or 4, all of them appraised. */
export function agentEvents(n: number, ids: 'v7' | 'v4', firstSeq = 0, seed = 1): GeneratedEvents {
  const bytes = new Uint8Array(n * RECORD_BYTES)
  const view = new DataView(bytes.buffer)
  const word = randomWords(seed)
  const uniform = () => word() / 2 ** 32
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  const steps = () => 100 + Math.floor(200 * uniform())
  const agents = Array.from({ length: AGENTS }, (_, episode): Agent => {
    return { episode, step: 0, steps: steps(), state: new Float64Array(6) }
  })
  let episodes = AGENTS
  let time = DAY_START_US
  for (let i = 0, at = 0; i < n; i++, at += RECORD_BYTES) {
    const agent = agents[i % AGENTS] as Agent
    const { state } = agent
    const isLast = agent.step === agent.steps - 1
    time += 1 + Math.floor(-Math.log(1 - uniform()) * (MEAN_STEP_US - 1))
    const float = (place: number, value: number) => view.setFloat32(at + 40 + 4 * place, value, true)
    putId(view, at, ids === 'v7' ? Math.floor(time / 1000) : undefined, word)
    view.setBigUint64(at + 16, BigInt(time), true)
    view.setBigUint64(at + 24, BigInt(agent.episode), true)
    view.setUint32(at + 32, agent.step, true)
    view.setUint16(at + 36, agent.step === 0 ? 0 : isLast ? 1 : 2 + (uniform() < 0.7 ? 0 : word() % 6), true)
    view.setUint16(at + 38, uniform() < 0.05 ? 2 : 0, true)
    for (let k = 0; k < 6; k++) {
      state[k] = 0.95 * (state[k] as number) + 0.3 * normal()
      float(k, state[k] as number)
    }
    const [first = 0, second = 0] = state
    const torque = Math.tanh(first + 0.1 * normal())
    float(6, agent.step / agent.steps)
    float(7, first > 0.8 ? 1 : 0)
    float(8, torque)
    float(9, Math.tanh(second + 0.1 * normal()))
    float(10, word() % 4)
    float(16, -(first * first + second * second))
    float(17, Math.abs(normal()))
    float(18, Math.round(64 * (1 - torque * torque)) / 64)
    float(19, isLast ? 1 : 0)
    view.setUint32(at + 120, 0xa11ce, true)
    agent.step++
    if (!isLast) continue
    agent.episode = episodes++
    agent.step = 0
    agent.steps = steps()
    state.fill(0)
  }
  const seqs = Float64Array.from({ length: n }, (_, i) => firstSeq + i)
  return { length: n, seqs, bytes, masks: new Uint8Array(n).fill(15), metadata: new Map() }
}

/** An id of version 7 of that millisecond, or of version 4. */
function putId(view: DataView, at: number, ms: number | undefined, word: () => number): void {
  for (let i = 0; i < 4; i++) view.setUint32(at + 4 * i, word())
  view.setUint8(at + 6, (view.getUint8(at + 6) & 15) | (ms === undefined ? 0x40 : 0x70))
  view.setUint8(at + 8, (view.getUint8(at + 8) & 63) | 0x80)
  if (ms === undefined) return
  view.setUint16(at, Math.floor(ms / 2 ** 32))
  view.setUint32(at + 2, ms >>> 0)
}
