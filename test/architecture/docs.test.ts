import { expect, test } from 'vitest'
import { read, resolveImport } from './sources.js'

interface Exported {
  name: string
  file: string
}

const EXPORT_LIST = /export\s+(?:type\s+)?\{([^}]*)\}\s+from\s+'([^']+)'/g
const EXPORT_ALL = /export\s+(?:type\s+)?\*\s+from\s+'([^']+)'/g
const DECLARATION =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:class|function\*?|const|let|interface|type|enum) (\w+)/gm

test.each(['src/index.ts', 'src/postgres/index.ts'])('every symbol that %s exports has a docstring', (entry) => {
  const exported = exportsOf(entry)
  expect(exported.length).toBeGreaterThan(15)
  expect(exported.flatMap(undocumented)).toEqual([])
})

test('every public method of a class that index.ts exports has a docstring', () => {
  const files = [...new Set(exportsOf('src/index.ts').map(({ file }) => file))]
  expect(files.flatMap((file) => undocumentedMethods(file))).toEqual([])
})

/** Names that a module exports, with the file that declares each. */
function exportsOf(path: string): Exported[] {
  const text = read(path)
  const listed = Array.from(text.matchAll(EXPORT_LIST)).flatMap(([, names = '', from = '']) =>
    names
      .split(',')
      .map((entry) => entry.trim().replace(/^type\s+/, ''))
      .filter((entry) => entry !== '')
      .map((entry) => ({ name: entry.split(/\s+as\s+/)[0] as string, file: resolveImport(path, from) })),
  )
  const all = Array.from(text.matchAll(EXPORT_ALL)).flatMap(([, from = '']) => {
    const file = resolveImport(path, from)
    const own = Array.from(read(file).matchAll(DECLARATION), ([, name = '']) => ({ name, file }))
    return [...own, ...exportsOf(file)]
  })
  return [...listed, ...all].map((entry) => followed(entry))
}

/** The same symbol in the file that really declares it. */
function followed({ name, file }: Exported): Exported {
  const onwards = exportsOf(file).find((entry) => entry.name === name)
  return onwards ?? { name, file }
}

/** A finding for each declaration of the name that no `*\/` precedes. */
function undocumented({ name, file }: Exported): string[] {
  const text = read(file)
  const declarations = Array.from(text.matchAll(DECLARATION)).filter((match) => match[1] === name)
  if (declarations.length === 0) return [`${file}: no declaration of ${name}`]
  const first = declarations[0] as RegExpMatchArray
  return endsWithDocs(text.slice(0, first.index)) ? [] : [`${file}: ${name}`]
}

/** Methods that are public by position: not `#`, not private, not a constructor; accessors are named after fields. */
function undocumentedMethods(file: string): string[] {
  const text = read(file)
  const method =
    /^ {2}(?:static |async |\*)*(?!constructor\b|if\b|for\b|while\b|switch\b|return\b)([a-z]\w*)(?:<[^>\n]*>)?\(/gm
  return Array.from(text.matchAll(method))
    .filter(({ index }) => insideExportedClass(text, index) && !endsWithDocs(text.slice(0, index)))
    .map(([, name]) => `${file}: ${name}`)
}

function insideExportedClass(text: string, index: number): boolean {
  const opened = Array.from(
    text.slice(0, index).matchAll(/^(?:export )?(?:abstract )?(?:class|function|const|interface) /gm),
  )
  return /^export (?:abstract )?class /.test(opened.at(-1)?.[0] ?? '')
}

function endsWithDocs(before: string): boolean {
  return /\*\/\s*$/.test(before)
}
