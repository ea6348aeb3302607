/**
 * Every example of the docstrings and of the Markdown files runs, and prints what its comments say.
 */

import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import * as api from '../../src/index.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = join(root, 'build', 'doc-examples')

interface Example {
  source: string
  code: string
}

function sources(): Example[] {
  const typescript = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.includes('generated'))
    .flatMap((path) => docstringExamples(join('src', path)))
  return [...typescript, ...['README.md', 'docs/guide.md'].flatMap(markdownExamples)]
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

/** The names of this package that an example uses without importing them. */
function imports(code: string): string {
  if (code.includes("from 'experience-stream'")) return ''
  const names = Object.keys(api).filter((name) => new RegExp(`\\b${name}\\b`).test(code))
  return `import { ${names.join(', ')} } from 'experience-stream'\n`
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
      writeFileSync(file, imports(code) + code)
      const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' })
      expect(stderr).toBe('')
      expect(stdout.trimEnd().split('\n')).toEqual(expected)
    })
  })
})
