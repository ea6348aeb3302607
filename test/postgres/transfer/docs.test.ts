import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { outcome, root, shared, start } from '../../cli/run.js'
import { temporaryFolder } from './support.js'

const text = readFileSync(join(root, 'docs', 'moving.md'), 'utf8')
const log = shared('apache-access.log')

/** Without what differs from run to run: times, ids, checksums, which begin with ids, and sizes, which hold ids. */
function lasting(output: string): string {
  return output
    .replaceAll(/^ {2}took .*$/gm, '  took')
    .replaceAll(/^ {4}committed .*$/gm, '    committed')
    .replaceAll(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, 'id')
    .replaceAll(/[\da-f]{64}/g, 'checksum')
    .replaceAll(/[\d.]+ (?:B|kB|MB)/g, 'size')
    .replaceAll(/\d+ blocks?/g, 'blocks')
    .replaceAll(/block \d+/g, 'block')
}

log.test('the output that the page about moving shows is what the commands print', { timeout: 60_000 }, async () => {
  const folder = temporaryFolder()
  copyFileSync(log.path, join(folder, 'apache-access.log'))
  const printed = async (line: string): Promise<string> => {
    const { status, stdout, stderr } = await outcome(start(line.split(' ').slice(3), {}, 'pipe', folder))
    expect([status, stderr]).toEqual([0, ''])
    return lasting(stdout)
  }
  await printed('$ npx experience-stream ingest apache-access.log --into memory --salt example --quiet')
  const shown = Array.from(text.matchAll(/^```console\n([\s\S]*?)^```$/gm), ([, block = '']) => block)
  expect(shown.length).toBe(5)
  for (const block of shown) {
    const [command = '', ...output] = block.split('\n')
    const quiet = command.includes(' stats ') ? '' : ' --quiet'
    expect(await printed(command + quiet)).toBe(lasting(output.join('\n')))
  }
})
