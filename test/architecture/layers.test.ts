import { expect, test } from 'vitest'
import { LAYERS, layerOf, violations } from './layers.js'
import { importsOf, type Module, modulesBelow, read, resolveImport, withoutComments } from './sources.js'

const sources = modulesBelow('src')
const assembly = modulesBelow('assembly')

test('every import of src points to a layer that stands before', () => {
  expect(sources.length).toBeGreaterThan(10)
  expect(sources.flatMap(violations)).toEqual([])
})

test('every folder and file of src is a known layer', () => {
  const known = new Set([...LAYERS, 'index', 'errors'])
  expect(sources.map((module) => module.path).filter((path) => !known.has(layerOf(path)))).toEqual([])
})

test('every relative import of src names a file that exists', () => {
  const paths = new Set(sources.map((module) => module.path))
  const lost = sources.flatMap(({ path, imports }) =>
    imports
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => resolveImport(path, specifier))
      .filter((target) => !paths.has(target) && !/^src\/\w+\/generated\//.test(target))
      .map((target) => `${path} → ${target}`),
  )
  expect(lost).toEqual([])
})

test('the layout and the errors import nothing', () => {
  for (const path of ['src/layout.ts', 'src/errors.ts']) {
    expect(sources.find((module) => module.path === path)?.imports).toEqual([])
  }
})

test('index.ts holds exports only', () => {
  const statements = withoutComments(read('src/index.ts')).replace(
    /export\s+(?:type\s+)?\{[^}]*\}\s+from\s+'[^']+'/g,
    '',
  )
  expect(statements.replace(/export\s+(?:type\s+)?\*(?:\s+as\s+\w+)?\s+from\s+'[^']+'/g, '').trim()).toBe('')
})

test('nothing that index.ts reaches imports a node: module or names a global of Node', () => {
  const reached = reachedFrom('src/index.ts')
  expect(reached.length).toBeGreaterThan(5)
  expect(reached.flatMap(({ path, imports }) => (imports.some((s) => s.startsWith('node:')) ? [path] : []))).toEqual([])
  const globals = /(?<![.\w'"`])(?:process|Buffer|__dirname|require)\b\s*[.([]/
  expect(reached.filter(({ text }) => globals.test(withoutComments(text))).map(({ path }) => path)).toEqual([])
})

test('every package that src imports is a dependency or a peer, never a development tool', () => {
  const { dependencies = {}, peerDependencies = {} } = JSON.parse(read('package.json'))
  const allowed = new Set([...Object.keys(dependencies), ...Object.keys(peerDependencies)])
  const used = sources.flatMap(({ imports }) => imports.filter((s) => !s.startsWith('.') && !s.startsWith('node:')))
  expect(used.map(packageName).filter((name) => !allowed.has(name))).toEqual([])
  expect(Object.keys(dependencies).filter((name) => !used.map(packageName).includes(name))).toEqual([])
})

test('the loader of AssemblyScript is imported in one file', () => {
  const users = sources.filter(({ imports }) => imports.some((s) => packageName(s) === '@assemblyscript/loader'))
  expect(users.map(({ path }) => path)).toHaveLength(1)
})

test('assembly imports its own files and src/layout.ts, nothing else', () => {
  expect(assembly.length).toBeGreaterThan(0)
  const foreign = assembly.flatMap(({ path, imports }) =>
    imports
      .map((specifier) => (specifier.startsWith('.') ? resolveImport(path, specifier) : specifier))
      .filter((target) => !target.startsWith('assembly/') && target !== 'src/layout.ts')
      .map((target) => `${path} → ${target}`),
  )
  expect(foreign).toEqual([])
})

test.each<[string, string, string]>([
  ['src/kernel/memory.ts', '../stream/stream.js', 'kernel stands before stream'],
  ['src/event/view.ts', '../index.js', 'event is part of what index.ts exports'],
  ['src/layout.ts', './errors.js', 'the layout imports nothing'],
  ['src/errors.ts', './layout.js', 'errors.ts imports nothing'],
  ['src/index.ts', './threads/ring.js', 'index.ts is the face of the core, threads is not part of it'],
  ['src/server/http.ts', '../cli/main.js', 'nothing imports cli'],
  ['src/stream/stream.ts', '../testing/model.js', 'nothing imports testing'],
  ['src/stream/stream.ts', 'node:fs', 'node: modules belong in'],
  ['src/storage/journal.ts', 'node:fs/promises', 'node: modules belong in'],
  ['src/stream/stream.ts', '../../test/core/x.js', 'src imports nothing outside of src'],
  ['src/misc/x.ts', '../event/types.js', 'misc is no known layer'],
  ['src/threads/x.ts', '../misc/x.js', 'misc is no known layer'],
])('an import of %s that breaks a rule, %s, is found', (path, specifier, fault) => {
  const module: Module = { path, text: '', imports: [specifier] }
  expect(violations(module).join()).toContain(fault)
})

test.each<[string, string]>([
  ['src/stream/stream.ts', '../errors.js'],
  ['src/storage/file.node.ts', 'node:fs'],
  ['src/cli/main.ts', 'node:process'],
  ['src/threads/ring.ts', '../index.js'],
  ['src/postgres/store.ts', '../storage/cold.js'],
  ['src/event/ids.ts', 'uuid'],
])('an import of %s that keeps the rules, %s, is let through', (path, specifier) => {
  expect(violations({ path, text: '', imports: [specifier] })).toEqual([])
})

test('imports are found in every form, and not in comments', () => {
  const text = [
    "import a from 'a'",
    "import type { B } from './b.js'",
    "import {\n  c,\n  type D,\n} from './c.js'",
    "export * from './e.js'",
    "export { f } from './f.js'",
    "import './g.js'",
    "const h = await import('./h.js')",
    "type I = import('./i.js').I",
    "// import x from 'x'",
    "/* import y from 'y' */",
    "const url = 'http://z' // import z from 'z'",
  ].join('\n')
  const expected = ['a', './b.js', './c.js', './e.js', './f.js', './g.js', './h.js', './i.js']
  expect(importsOf(text).sort()).toEqual(expected.sort())
})

function reachedFrom(start: string): Module[] {
  const byPath = new Map(sources.map((module) => [module.path, module]))
  const reached = new Map<string, Module>()
  const open = [start]
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const module = byPath.get(path)
    if (module === undefined || reached.has(path)) continue
    reached.set(path, module)
    for (const specifier of module.imports) if (specifier.startsWith('.')) open.push(resolveImport(path, specifier))
  }
  return [...reached.values()]
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
