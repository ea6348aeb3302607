import { expect, test } from 'vitest'
import { modulesBelow, read, trackedFiles } from './sources.js'

const MOST_LINES = 350

const ours = ['src', 'assembly', 'examples', 'bench', 'test', 'scripts'].flatMap(modulesBelow)
const tracked = trackedFiles()
const texts = tracked.filter((path) => !/\.(?:png|npz|wasm|ico|gz)$/.test(path))

test(`no source file has more than ${MOST_LINES} lines`, () => {
  const long = ours.map(({ path, text }) => `${path}: ${text.trimEnd().split('\n').length}`)
  expect(long.filter((entry) => Number(entry.split(': ')[1]) > MOST_LINES)).toEqual([])
})

test('every file of src, assembly, examples and bench opens with a module comment', () => {
  const files = ours.filter(({ path }) => /^(?:src|assembly|examples|bench)\//.test(path))
  const bare = files.filter(({ text }) => !/^(?:#![^\n]*\n)?\/\*\*[\s\S]*?\*\//.test(text))
  expect(bare.map(({ path }) => path)).toEqual([])
})

test('assembly, which the formatter cannot read for its decorators, keeps the same style', () => {
  const faults: [string, RegExp][] = [
    ['a semicolon at the end', /^(?!\s*(?:\*|\/\*|\/\/)).*;\s*$/],
    ['a tab', /\t/],
    ['space at the end', /\s+$/],
    ['more than 120 columns', /^.{121,}$/u],
    ['double quotes', /^[^'`/*]*"/],
    ['an odd indentation', /^(?: {2})* (?![ *])/],
  ]
  const found = ours
    .filter(({ path }) => path.startsWith('assembly/'))
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .flatMap((line, i) =>
          faults.filter(([, fault]) => fault.test(line)).map(([name]) => `${path}:${i + 1} has ${name}`),
        ),
    )
  expect(found).toEqual([])
})

test('no file leaves the compiler or the linter out, or work for later', () => {
  const marks = [
    ['@ts', 'ignore'].join('-'),
    ['@ts', 'nocheck'].join('-'),
    ['TO', 'DO'].join(''),
    ['FIX', 'ME'].join(''),
  ]
  expect(
    hits(
      ours.map(({ path }) => path),
      marks,
    ),
  ).toEqual([])
})

test('no tracked file holds an absolute path of a machine', () => {
  const folders = [
    ['', 'work', 'main'],
    ['', 'work', 'shared'],
    ['', 'home', ''],
    ['', 'root', ''],
    ['', 'Users', ''],
  ]
  expect(
    hits(
      texts,
      folders.map((parts) => parts.join('/')),
    ),
  ).toEqual([])
})

test('no tracked file names the host of a package registry', () => {
  const hosts = ['npmjs.org', 'npmmirror.com', 'yarnpkg.com', 'pkg.github.com', 'jsr.io'].map(
    (host) => `registry.${host}`,
  )
  expect(hits(texts, [...hosts, ['npm', 'jsr.io'].join('.'), '"resolved": "http']).filter(notThisFile)).toEqual([])
})

test('what is built is not tracked', () => {
  const built = tracked.filter((path) =>
    /^(?:dist|build|artifacts|node_modules)\/|\.tgz$|^src\/\w+\/generated\//.test(path),
  )
  expect(built).toEqual([])
})

function hits(paths: string[], marks: string[]): string[] {
  return paths.flatMap((path) => {
    const text = read(path)
    return marks.filter((mark) => text.includes(mark)).map((mark) => `${path}: ${mark}`)
  })
}

function notThisFile(entry: string): boolean {
  return !entry.startsWith('test/architecture/files.test.ts')
}
