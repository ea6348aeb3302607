import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { METHODS } from '../../src/cli/sources/log-line.js'
import { FIELDS, parseMapping } from '../../src/cli/sources/mapping.js'
import { ingest, outcome, root, shared, start } from './run.js'

const text = readFileSync(join(root, 'docs', 'ingest.md'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'docs-test-'))
const data = ['apache-access.log', 'cartpole-expert.npz'].map(shared)

afterAll(() => rmSync(folder, { recursive: true }))

function blocks(language: string): string[] {
  return Array.from(
    text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm')),
    ([, block = '']) => block,
  )
}

/** Words of a command line, with single quotes as a shell takes them. */
function words(command: string): string[] {
  return Array.from(command.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, plain]) => quoted ?? plain ?? '')
}

/** What differs from run to run is how long it took, and hashes under a random salt. */
function lasting(output: string): string {
  return output.replace(/^ {2}took .*$/m, '  took').replaceAll(/ {2}\d{13,}$/gm, '  hash')
}

test('the output that the documentation shows is what the commands print', async () => {
  writeFileSync(join(folder, 'visits.csv'), blocks('csv')[0] as string)
  const shown = blocks('console')
  expect(shown.length).toBe(3)
  for (const block of shown) {
    const [command = '', ...output] = block.split('\n')
    const args = words(command).slice(3)
    const needed = data.find(({ path }) => basename(path) === args[1])
    if (needed?.test === test.skip) continue
    if (needed) copyFileSync(needed.path, join(folder, basename(needed.path)))
    const { stdout, stderr } = await outcome(start(args, {}, 'pipe', folder))
    expect(stderr).toBe('')
    expect(lasting(stdout)).toBe(lasting(output.join('\n')))
  }
})

test('the mappings that the documentation shows are mappings', () => {
  const [long = ''] = blocks('json')
  expect(parseMapping(long).length).toBe(6)
})

test('the documentation names every field, every method and every key of the result', async () => {
  for (const field of FIELDS.filter((name) => !/[.]\d$|^reward/.test(name))) expect(text).toContain(`\`${field}\``)
  METHODS.forEach((method, i) => {
    expect(text).toContain(`${i + 1} ${method}`)
  })
  const result = await ingest(['-', '--format', 'ndjson'], { input: '{"flags":1}' })
  for (const key of [...Object.keys(result), ...Object.keys(result.timing), ...Object.keys(result.ring)]) {
    expect(text).toMatch(new RegExp(`[\`{,] ?${key}[\`,: }]`))
  }
})
