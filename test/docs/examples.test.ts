/**
 * Every example of the docstrings and of the Markdown files runs, and prints what its comments say.
 */

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import * as core from '../../src/index.js'
import * as postgres from '../../src/postgres/index.js'
import * as node from '../../src/storage/index.node.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = join(root, 'build', 'doc-examples')

const PAGES = [
  'README.md',
  'docs/guide.md',
  'docs/durability.md',
  'docs/postgres.md',
  'docs/sql.md',
  'docs/moving.md',
  'docs/archiving.md',
]

interface Example {
  source: string
  code: string
}

function sources(): Example[] {
  const typescript = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.includes('generated'))
    .flatMap((path) => docstringExamples(join('src', path)))
  return [...typescript, ...PAGES.flatMap(markdownExamples)]
}

function docstringExamples(path: string): Example[] {
  const text = readFileSync(join(root, path), 'utf8')
  return Array.from(text.matchAll(/@example\n((?: *\*.*\n)+?) *\* ```\n/g), ([, block = '']) => ({
    source: path,
    code: block
      .split('\n')
      .map((line) => line.replace(/^ *\* ?/, ''))
      .filter((line) => line !== '```ts')
      .join('\n'),
  }))
}

function markdownExamples(path: string): Example[] {
  const text = readFileSync(join(root, path), 'utf8')
  return Array.from(text.matchAll(/```ts\n([\s\S]*?)```/g), ([, code = '']) => ({ source: path, code }))
}

const ENTRIES = {
  'experience-stream': core,
  'experience-stream/node': node,
  'experience-stream/postgres': postgres,
}

/** Imports of the names of this package that an example uses without importing them. */
function imports(code: string): string {
  return Object.entries(ENTRIES)
    .filter(([entry]) => !code.includes(`from '${entry}'`))
    .map(([entry, api]) => {
      const names = Object.keys(api).filter((name) => new RegExp(`\\b${name}\\b`).test(code))
      return names.length === 0 ? '' : `import { ${names.join(', ')} } from '${entry}'\n`
    })
    .join('')
}

/** An example that names a `directory` without making one gets an empty one of its own. */
function directoryFor(code: string, directory: string): string {
  const needed = /\bdirectory\b/.test(code) && !/(?:const|let) (?:\{ )?directory\b/.test(code)
  return needed ? `const directory = ${JSON.stringify(directory)}\n` : ''
}

/** What the comments behind `console.log` say. */
function expectedLines(code: string): string[] {
  return code.split('\n').flatMap((line) => {
    const match = /^\s*(?:if .*)?console\.log\(.*\) \/\/ (.*)$/.exec(line)
    return match?.[1] === undefined ? [] : [match[1]]
  })
}

const examples = sources()

describe('the examples', () => {
  mkdirSync(folder, { recursive: true })

  test('are found, in docstrings and in the README', () => {
    expect(examples.length).toBeGreaterThanOrEqual(8)
    expect(new Set(examples.map(({ source }) => source))).toContain('README.md')
  })

  examples.forEach(({ source, code }, i) => {
    test(`number ${i} of ${source} prints what it says`, () => {
      const expected = expectedLines(code)
      expect(expected.length, `no "console.log(…) // output" in:\n${code}`).toBeGreaterThan(0)
      const file = join(folder, `example-${i}.mjs`)
      const directory = mkdtempSync(join(tmpdir(), 'doc-example-'))
      try {
        writeFileSync(file, imports(code) + directoryFor(code, directory) + code)
        const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8', cwd: directory })
        expect(stderr).toBe('')
        expect(stdout.trimEnd().split('\n')).toEqual(expected)
      } finally {
        rmSync(directory, { recursive: true })
      }
    })
  })
})
