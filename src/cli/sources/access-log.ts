/**
 * Web access logs: one event for each request.
 *
 * A client is an episode, named by a keyed hash of its address; nothing of a line's text is kept beyond the numbers
 * below. `docs/ingest.md` has the mapping in full; `MAPPING` and the code beneath it are its source.
 *
 * Memory: the clients seen lately (bounded, see `RecentMap`) and a table of 65,536 counters for paths.
 *
 * @module
 */

import { EventFlags, EventType } from '../../index.js'
import type { RowSink, SourceCounts } from '../rows.js'
import { keyedEpisode, RecentMap } from './bounded.js'
import { LineSplitter } from './lines.js'
import { emptyLogLine, isGiven, type LogLine, parseLogLine } from './log-line.js'

const PATH_COUNTERS = 1 << 16
const DAY_US = 86_400e6
const PACE_US = 60e6
const STANDING_AT_FIRST = 0.75
const STANDING_RATE = 0.25
const STANDING_SCALE = 0.9

const QUERY = 63
const SLASH = 47

interface Client {
  readonly episodeId: bigint
  nextStep: number
  lastTimestamp: number
  /** Moving share of its requests that succeeded. */
  standing: number
}

/** Which kind of program a client says that it is. */
const Agent = { NONE: 0, OTHER: 1, ROBOT: 2 } as const

const ROBOT_WORDS = ['bot', 'crawl', 'spider', 'slurp'].map((word) => Buffer.from(word, 'latin1'))

/** Reads one access log; feed it chunks, then call `end`. */
export class AccessLogSource {
  readonly #sink: RowSink
  readonly #salt: Uint8Array | string
  readonly #splitter: LineSplitter
  readonly #clients: RecentMap<string, Client>
  readonly #paths = new Uint32Array(PATH_COUNTERS)
  readonly #line: LogLine = emptyLogLine()

  constructor(sink: RowSink, salt: Uint8Array | string, clientsRemembered?: number) {
    this.#sink = sink
    this.#salt = salt
    this.#clients = new RecentMap(clientsRemembered)
    this.#splitter = new LineSplitter(
      (bytes, start, end, line) => this.#take(bytes, start, end, line),
      (line) => sink.malformed(line, 'the line is longer than 1 MiB'),
    )
  }

  get counts(): SourceCounts {
    const { made, forgotten } = this.#clients
    return { records: this.#splitter.lines, blank: 0, episodes: made, forgotten }
  }

  push(chunk: Buffer): void {
    this.#splitter.push(chunk)
  }

  end(): void {
    this.#splitter.end()
  }

  #take(bytes: Buffer, start: number, end: number, number: number): void {
    const line = this.#line
    const fault = parseLogLine(bytes, start, end, line)
    if (fault !== undefined) {
      this.#sink.malformed(number, fault)
      return
    }
    const address = bytes.toString('latin1', start, line.clientEnd)
    const client = this.#clients.use(address, (text) => ({
      episodeId: keyedEpisode(text, this.#salt),
      nextStep: 0,
      lastTimestamp: line.timestamp,
      standing: STANDING_AT_FIRST,
    }))
    this.#fill(bytes, line, client)
    this.#sink.commit()
  }

  #fill(bytes: Buffer, line: LogLine, client: Client): void {
    const { rows } = this.#sink
    const row = rows.length
    const failed = line.status >= 400
    const isFirst = client.nextStep === 0
    const sinceLast = line.timestamp - client.lastTimestamp
    const agent = agentOf(bytes, line.agentStart, line.agentEnd)
    const referred = isGiven(bytes, line.referrerStart, line.referrerEnd)
    client.standing += ((failed ? 0 : 1) - client.standing) * STANDING_RATE

    rows.timestamps[row] = line.timestamp
    rows.episodeIds[row] = client.episodeId
    rows.stepNumbers[row] = client.nextStep
    rows.eventTypes[row] = failed ? EventType.ActionFailed : EventType.ActionCompleted
    rows.flags[row] = (failed ? EventFlags.ERROR : 0) | (line.status >= 500 ? EventFlags.URGENT : 0)

    const { states, actions } = rows
    const at = row * 8
    states[at] = (line.timestamp % DAY_US) / DAY_US
    this.#describePath(bytes, line, states, at)
    states[at + 2] = Math.min(1, Math.log2(1 + line.size) / 32)
    states[at + 4] = isFirst ? 0 : PACE_US / (PACE_US + Math.abs(sinceLast))
    states[at + 5] = client.standing * STANDING_SCALE
    states[at + 6] = outcomeOf(line.status)
    states[at + 7] = (agent === Agent.NONE ? 0 : agent === Agent.ROBOT ? 0.5 : 0.75) + (referred ? 0.25 : 0)

    actions[at] = line.method
    actions[at + 1] = line.status
    actions[at + 2] = Math.min(1, Math.log2(1 + line.targetEnd - line.targetStart) / 16)
    actions[at + 3] = line.size
    actions[at + 4] = sinceLast / 1e6
    actions[at + 5] = referred ? 1 : 0
    actions[at + 6] = agent
    actions[at + 7] = line.protocol

    client.nextStep = (client.nextStep + 1) % 2 ** 32
    client.lastTimestamp = line.timestamp
  }

  /** Novelty and depth of the path, in one pass over its bytes; the query is left out. */
  #describePath(bytes: Buffer, line: LogLine, states: Float32Array, at: number): void {
    let hash = 0x811c9dc5
    let depth = 0
    for (let i = line.targetStart; i < line.targetEnd; i++) {
      const byte = bytes[i] as number
      if (byte === QUERY) break
      // a slash that ends the path opens no further level
      if (byte === SLASH && i + 1 < line.targetEnd && bytes[i + 1] !== QUERY) depth++
      hash = Math.imul(hash ^ byte, 0x01000193)
    }
    const slot = (hash ^ (hash >>> 16)) & (PATH_COUNTERS - 1)
    const seen = this.#paths[slot] as number
    if (seen < 0xffffffff) this.#paths[slot] = seen + 1
    states[at + 1] = 1 / (1 + seen)
    states[at + 3] = Math.min(1, depth / 8)
  }
}

function outcomeOf(status: number): number {
  if (status >= 500) return -1
  if (status >= 400) return -0.5
  return status >= 200 && status < 300 ? 1 : 0.5
}

function agentOf(bytes: Buffer, start: number, end: number): number {
  if (!isGiven(bytes, start, end)) return Agent.NONE
  for (let at = start; at < end; at++) {
    const first = (bytes[at] as number) | 32
    if (first !== 98 && first !== 99 && first !== 115) continue
    for (const word of ROBOT_WORDS) if (startsWith(bytes, at, end, word)) return Agent.ROBOT
  }
  return Agent.OTHER
}

function startsWith(bytes: Buffer, at: number, end: number, lowerCase: Buffer): boolean {
  if (at + lowerCase.length > end) return false
  for (let i = 0; i < lowerCase.length; i++) if (((bytes[at + i] as number) | 32) !== lowerCase[i]) return false
  return true
}
