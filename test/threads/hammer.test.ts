/**
 * The hammer, for a few seconds: it runs, it counts, and nothing is wrong. `scripts/hammer.mjs --minutes 10` does it in
 * earnest.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { outcome, type Result } from '../cli/run.js'

const script = fileURLToPath(new URL('../../scripts/hammer.mjs', import.meta.url))

function hammer(...args: string[]): Promise<Result> {
  return outcome(spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] }))
}

describe('the hammer', () => {
  test('finds nothing wrong in five seconds of everything at once, and says what it did', async () => {
    const { status, stdout, stderr } = await hammer('--minutes', '0.08', '--seed', '4', '--json')
    expect(stderr).toBe('')
    const { faults, ...totals } = JSON.parse(stdout) as Record<string, number> & { faults: string[] }
    expect(faults).toEqual([])
    expect(status).toBe(0)
    const worked = [
      'bouts',
      'written',
      'reads',
      'controlReads',
      'subscriptions',
      'received',
      'rewardsApplied',
      'samples',
    ]
    for (const name of [...worked, 'pauses']) expect(totals[name], name).toBeGreaterThan(0)
    expect(totals.terminations! + totals.retirements!).toBeGreaterThan(0)
    expect(totals.torn).toBe(0)
  }, 60_000)

  test('tells how it is used, and what is wrong with its options', async () => {
    const help = await hammer('--help')
    expect([help.status, help.stderr]).toEqual([0, ''])
    expect(help.stdout).toContain('--minutes N')
    for (const args of [['--minutes', '0'], ['--seed', '-1'], ['--seed', '1.5'], ['--nonsense']]) {
      const { status, stdout, stderr } = await hammer(...args)
      expect([status, stdout]).toEqual([2, ''])
      expect(stderr).toContain(args[0])
    }
  })
})
