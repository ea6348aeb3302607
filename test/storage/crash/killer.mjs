/**
 * Starts processes that use durable memory, kills them at moments that a seed draws, and has looked at what is left. Every
 * few kills it takes another directory with another way of opening it.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { randomOf } from './content.mjs'
import { inspect } from './inspection.mjs'
import { RUNS } from './plan.mjs'
import { Promises } from './promises.mjs'

const CHILD = fileURLToPath(new URL('./child.mjs', import.meta.url))
/** How long a child works at most before it is killed; half of them less than a quarter of it. */
const LONGEST_MS = 800
/** What is killed before it has opened: while it recovers. */
const EARLY = 0.25
/** A child that takes longer to open hangs. */
const STUCK_MS = 60_000
/** Part of the kills after which the next process comes at once. */
const UNSEEN = 0.25

/** @type {readonly Omit<import('./plan.mjs').Chapter, 'directory' | 'seed'>[]} */
export const WAYS = [
  { durability: 'process-crash', shared: false, keeps: true },
  { durability: 'process-crash', shared: true, keeps: false },
  { durability: 'power-loss', shared: false, keeps: false },
  { durability: 'power-loss', shared: true, keeps: true },
  { durability: 'process-crash', shared: false, keeps: false },
  { durability: 'process-crash', shared: true, keeps: true },
  { durability: 'none', shared: false, keeps: true },
]

/** What a series of kills came to: `acks`, `events` and `rewards` are what was promised. */
export class Tally {
  kills = 0
  killedWhileOpening = 0
  inspections = 0
  tornTails = 0
  acks = 0
  events = 0
  rewards = 0
  /** @type {string[]} */
  faults = []
}

/**
 * Kills until `enough` says so.
 * @param {{ seed: number, chapterKills: number, onChapter?: (text: string) => void }} options
 *   `chapterKills`: how often in one directory, at most `RUNS`
 * @param {(tally: Tally) => boolean} enough
 * @returns {Promise<Tally>}
 */
export async function killOften({ seed, chapterKills, onChapter }, enough) {
  const tally = new Tally()
  for (let chapter = 0; !enough(tally) && tally.faults.length === 0; chapter++) {
    const way = /** @type {typeof WAYS[number]} */ (WAYS[(seed + chapter) % WAYS.length])
    const directory = mkdtempSync(join(tmpdir(), 'experience-stream-crash-'))
    const story = { ...way, directory, seed: seed + chapter * 1000 }
    await playChapter(story, Math.min(chapterKills, RUNS), tally)
    const how = `${way.durability}${way.shared ? ', shared' : ''}${way.keeps ? '' : ', retention'}`
    onChapter?.(`directory ${chapter} (${how}): ${tally.kills} kills, ${tally.acks} promises so far`)
    if (tally.faults.length > 0) tally.faults.push(`chapter ${chapter} (${how}); its files are in ${directory}`)
    else rmSync(directory, { recursive: true, force: true })
  }
  return tally
}

/**
 * @param {import('./plan.mjs').Chapter} chapter
 * @param {number} kills
 * @param {Tally} tally
 */
async function playChapter(chapter, kills, tally) {
  const random = randomOf(chapter.seed)
  const promises = new Promises()
  for (let run = 0; run < kills && promises.faults.length === 0; run++) {
    const isEarly = random() < EARLY
    const delayMs = LONGEST_MS * random() ** 2
    const lines = await runAndKill({ ...chapter, run }, isEarly ? 'started' : 'open', isEarly ? delayMs / 4 : delayMs)
    for (const line of lines) promises.take(run, line, chapter.durability !== 'none')
    tally.kills++
    if (!lines.some((line) => line.open !== undefined)) tally.killedWhileOpening++
    if (random() < UNSEEN && run < kills - 1) continue
    try {
      const hadTornTail = await inspect(chapter, run, promises)
      tally.inspections++
      if (hadTornTail) tally.tornTails++
    } catch (error) {
      promises.fault(`run ${run}: ${/** @type {Error} */ (error).stack}`)
    }
  }
  tally.acks += promises.counts.acks
  tally.events += promises.counts.events
  tally.rewards += promises.counts.rewards
  tally.faults.push(...promises.faults)
}

/**
 * Runs a child until it has said something, and so much longer; resolves with everything that it said in whole lines.
 * @param {import('./plan.mjs').Chapter & { run: number }} run
 * @param {'started' | 'open' | 'ack'} word
 * @param {number} delayMs
 * @returns {Promise<any[]>}
 */
export function runAndKill(run, word, delayMs) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [CHILD, JSON.stringify(run)], { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    let failed = ''
    let isDue = false
    let timer = setTimeout(() => child.kill('SIGKILL'), STUCK_MS)
    child.stderr.on('data', (text) => {
      failed += text
    })
    child.stdout.on('data', (text) => {
      said += text
      if (isDue || !said.includes(`{"${word}":`)) return
      isDue = true
      clearTimeout(timer)
      timer = setTimeout(() => child.kill('SIGKILL'), delayMs)
    })
    child.on('close', (status, signal) => {
      clearTimeout(timer)
      const lines = said
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line))
      const isKilled = isDue && signal === 'SIGKILL'
      if (!isKilled || failed !== '') {
        lines.push({ fault: `the child ended with ${signal ?? status} after ${said.slice(-200)}: ${failed}` })
      }
      resolve(lines)
    })
  })
}
