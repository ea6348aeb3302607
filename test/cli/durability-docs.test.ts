import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.js'
import { outcome, root, shared, start } from './run.js'

const text = readFileSync(join(root, 'docs', 'durability.md'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'durability-docs-'))
const log = shared('apache-access.log')

afterAll(() => rmSync(folder, { recursive: true }))

/** Without what differs from run to run: times, ids, how much was written at once, and what random ids compress to. */
function lasting(output: string): string {
  return output
    .replace(/^ {2}took .*$/m, '  took')
    .replace(/^ {4}written .*$/m, '    written')
    .replaceAll(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, 'id')
    .replaceAll(/[\d.]+ (?:B|kB|MB)/g, 'size')
    .replaceAll(/\d+ blocks/g, 'blocks')
    .replaceAll(/ {2}\d{13,}$/gm, '  episode')
}

log.test('the output that the documentation shows is what the commands print', async () => {
  copyFileSync(log.path, join(folder, 'apache-access.log'))
  const shown = Array.from(text.matchAll(/^```console\n([\s\S]*?)^```$/gm), ([, block = '']) => block)
  expect(shown.length).toBe(5)
  for (const block of shown) {
    const [command = '', ...output] = block.split('\n')
    const { stdout, stderr } = await outcome(start(command.split(' ').slice(3), {}, 'pipe', folder))
    expect(stderr).toBe('')
    expect(lasting(stdout)).toBe(lasting(output.join('\n')))
  }
})

test('the documentation names every command', () => {
  for (const { name } of COMMANDS) expect(text).toMatch(new RegExp(`\\| \`${name} [^|]*\``))
})
