/**
 * The project's own files as the architecture tests see them: names, text, and what each module imports.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's folder. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** One module with the specifiers of all its imports and re-exports, type-only and dynamic ones included. */
export interface Module {
  /** Path relative to the root, with forward slashes. */
  path: string
  text: string
  imports: string[]
}

const NOT_OURS = new Set(['node_modules', 'dist', 'build', 'artifacts', '.git', 'generated'])
const STATIC_IMPORT = /^[ \t]*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm
const BARE_IMPORT = /^[ \t]*import\s*['"]([^'"]+)['"]/gm
const DYNAMIC_IMPORT = /\bimport\s*\(\s*['"]([^'"]+)['"]\s*\)/g

/** Every `.ts` file below a folder of the project, generated ones left out. */
export function modulesBelow(folder: string): Module[] {
  return filesBelow(folder)
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .map((path) => {
      const text = read(path)
      return { path, text, imports: importsOf(text) }
    })
}

/** The specifiers that a module's text imports or re-exports, in no particular order. */
export function importsOf(text: string): string[] {
  const code = withoutComments(text)
  return [STATIC_IMPORT, BARE_IMPORT, DYNAMIC_IMPORT].flatMap((pattern) =>
    Array.from(code.matchAll(pattern), (match) => match[1] as string),
  )
}

/** Source text whose comments are blank; strings and templates keep what looks like a comment inside them. */
export function withoutComments(text: string): string {
  const token = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g
  return text.replace(token, (match) => (match.startsWith('//') || match.startsWith('/*') ? ' ' : match))
}

/** The file that a relative specifier means, relative to the root; `.js` stands for the `.ts` that it is made from. */
export function resolveImport(from: string, specifier: string): string {
  const target = posix.join(posix.dirname(from), specifier)
  if (target.endsWith('.js')) return target.replace(/\.js$/, '.ts')
  return posix.extname(target) === '' || !existsSync(join(root, target)) ? `${target}.ts` : target
}

/** Every file that git tracks or would track, or all of ours where there is no git. */
export function trackedFiles(): string[] {
  try {
    const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
    const out = execFileSync('git', list, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return out.split('\0').filter((path) => path !== '' && existsSync(join(root, path)))
  } catch {
    return filesBelow('.')
  }
}

/** Text of a file, by its path relative to the root. */
export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

function filesBelow(folder: string): string[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return []
    const path = posix.join(folder, entry.name)
    return entry.isDirectory() ? filesBelow(path) : [path]
  })
}
