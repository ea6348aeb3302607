/**
 * The package's own facts, read from the tarball, and its types as a consumer's compiler sees them.
 */

import { existsSync } from 'node:fs'
import { copyFile, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { install, node, type Packed, pack, root } from './packed.js'

const MOST_BYTES = 1_600_000

let packed: Packed
let app: string
let installed: string
let manifest: {
  name: string
  version: string
  type: string
  sideEffects: boolean
  bin: Record<string, string>
  exports: Record<string, string | Record<string, string>>
  dependencies: Record<string, string>
  scripts: Record<string, string>
}

beforeAll(async () => {
  packed = await pack()
  app = await install(packed)
  installed = join(app, 'node_modules', 'experience-stream')
  manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'))
})

afterAll(() => packed?.remove())

const paths = (): string[] => packed.files.map(({ path }) => path)

describe('the tarball', () => {
  test('holds what users need and nothing else', () => {
    const expected = /^(?:dist\/|src\/|assembly\/|package\.json$|README\.md$|LICENSE$|CHANGELOG\.md$)/
    expect(paths().filter((path) => !expected.test(path))).toEqual([])
    for (const path of ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md']) expect(paths()).toContain(path)
  })

  test('holds no tests, benches, helpers or configuration', () => {
    expect(
      paths().filter((path) =>
        /\.test\.|\.spec\.|^(?:test|bench|examples|scripts|\.ci)\/|tsconfig\.tsbuildinfo|\.wat$/.test(path),
      ),
    ).toEqual([])
  })

  test('holds every file that its manifest points to', () => {
    const targets = Object.values(manifest.exports).flatMap((entry) =>
      typeof entry === 'string' ? [entry] : Object.values(entry),
    )
    const all = [...targets, ...Object.values(manifest.bin)].map((path) => path.replace(/^\.\//, ''))
    expect(all.filter((path) => !paths().includes(path))).toEqual([])
  })

  test('holds the SQL of the schema, as it is in the sources', async () => {
    const sql = paths().filter((path) => path.startsWith('src/') && path.endsWith('.sql'))
    expect(sql.length).toBeGreaterThan(4)
    for (const path of sql) {
      const built = await readFile(join(installed, path.replace(/^src/, 'dist')), 'utf8')
      expect(built, path).toBe(await readFile(join(installed, path), 'utf8'))
    }
    expect(paths().filter((path) => path.startsWith('dist/') && path.endsWith('.sql'))).toHaveLength(sql.length)
  })

  test('holds the sources that its source maps name', async () => {
    const maps = paths().filter((path) => path.endsWith('.js.map') && !path.startsWith('dist/browser/'))
    const lost: string[] = []
    for (const path of maps) {
      const { sources, sourcesContent } = JSON.parse(await readFile(join(installed, path), 'utf8'))
      for (const [i, source] of (sources as string[]).entries()) {
        const there =
          existsSync(join(installed, path, '..', source)) || sourcesContent?.[i] || source.includes('generated/')
        if (!there) lost.push(`${path}: ${source}`)
      }
    }
    expect(lost).toEqual([])
  })

  test(`is at most ${MOST_BYTES / 1000} KB`, () => {
    console.log(`tarball: ${packed.size} B packed, ${packed.unpackedSize} B unpacked, ${packed.files.length} files`)
    expect(packed.size).toBeLessThanOrEqual(MOST_BYTES)
  })

  test('is ESM without side effects, and runs nothing when it is installed', () => {
    expect(manifest.type).toBe('module')
    expect(manifest.sideEffects).toBe(false)
    const hooks = ['preinstall', 'install', 'postinstall', 'prepare', 'preuninstall', 'postuninstall']
    expect(hooks.filter((hook) => manifest.scripts[hook] !== undefined)).toEqual([])
  })

  test('depends on exact versions of few packages, none of which runs anything when installed', async () => {
    expect(Object.values(manifest.dependencies).filter((range) => !/^\d+\.\d+\.\d+$/.test(range))).toEqual([])
    for (const name of Object.keys(manifest.dependencies)) {
      const { scripts = {} } = JSON.parse(await readFile(join(app, 'node_modules', name, 'package.json'), 'utf8'))
      expect(['preinstall', 'install', 'postinstall'].filter((hook) => hook in scripts)).toEqual([])
    }
  })

  test('has the module as a file of its own: a WebAssembly module that imports memory alone', async () => {
    const bytes = await readFile(join(installed, 'dist', 'kernel', 'core.wasm'))
    const module = await WebAssembly.compile(bytes)
    expect(WebAssembly.Module.imports(module).map(({ module: from, name, kind }) => `${from}.${name} ${kind}`)).toEqual(
      ['env.memory memory'],
    )
    expect(WebAssembly.Module.exports(module).length).toBeGreaterThan(5)
  })

  test('names no machine in its files', async () => {
    const texts = paths().filter((path) => !path.endsWith('.wasm'))
    const found: string[] = []
    for (const path of texts) if ((await readFile(join(installed, path), 'utf8')).includes(root)) found.push(path)
    expect(found).toEqual([])
  })
})

describe('the entry for databases', () => {
  test.each([
    ['postgres://u:Tr0ub4dor@127.0.0.1:1/d', 'pg and pg-copy-streams: npm install pg pg-copy-streams'],
    ['memory://', '@electric-sql/pglite: npm install @electric-sql/pglite'],
  ])('loads without its libraries, and says which one %s needs', async (url, install) => {
    const program = `import { PostgresBackend } from 'experience-stream/postgres'
      await PostgresBackend.connect('${url}').catch((error) => console.log(error.code, error.message))`
    const { stdout, stderr } = await node(app, '--input-type=module', '--eval', program)
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^MISSING_DEPENDENCY [^:]+ needs /)
    expect(stdout.trim().endsWith(install)).toBe(true)
  })
})

describe('the installed command', () => {
  test('is executable and explains itself', async () => {
    const link = join(app, 'node_modules', '.bin', 'experience-stream')
    expect((await stat(link)).mode & 0o111).toBe(0o111)
    const source = await readFile(join(installed, manifest.bin['experience-stream'] ?? ''), 'utf8')
    expect(source.startsWith('#!/usr/bin/env node\n')).toBe(true)
    const { stdout, stderr } = await node(app, link, '--help')
    expect(stdout).toMatch(/experience-stream/)
    expect(stderr).toBe('')
  })
})

describe('the tools that judge packages', () => {
  test('publint has nothing to say', async () => {
    const bytes = await readFile(packed.tarball)
    const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true })
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([])
  })

  test('arethetypeswrong finds no wrong types', async () => {
    const attw = join(root, 'node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js')
    const { stdout } = await node(
      app,
      attw,
      packed.tarball,
      '--profile',
      'esm-only',
      '--exclude-entrypoints',
      './core.wasm',
      '--no-definitely-typed',
      '--format',
      'ascii',
      '--no-color',
      '--no-emoji',
    )
    const entries = Object.keys(manifest.exports).filter((entry) => entry !== './core.wasm')
    expect(stdout.match(/node16 \(from ESM\): OK/g)).toHaveLength(entries.length)
    expect(stdout.match(/bundler: OK/g)).toHaveLength(entries.length)
  })
})

describe("a consumer's TypeScript", () => {
  test.each([
    ['NodeNext', 'NodeNext', ['ES2022', 'ESNext.Disposable', 'DOM']],
    ['ESNext', 'Bundler', ['ES2022', 'ESNext.Disposable', 'DOM', 'DOM.Iterable']],
  ])(
    'type-checks with module %s and %s resolution, strictly, the declarations included',
    async (module, resolution, lib) => {
      await copyFile(join(root, 'test', 'package', 'consumer', 'types.ts'), join(app, 'types.ts'))
      const compilerOptions = {
        target: 'ES2022',
        module,
        moduleResolution: resolution,
        lib,
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        verbatimModuleSyntax: true,
        skipLibCheck: false,
        noEmit: true,
        types: [],
      }
      const config = join(app, `tsconfig.${resolution}.json`)
      await writeFile(config, JSON.stringify({ compilerOptions, files: ['types.ts'] }))
      const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
      const { stdout } = await node(app, tsc, '-p', config).catch((error: { stdout: string }) => error)
      expect(stdout).toBe('')
    },
  )
})
