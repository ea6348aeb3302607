/**
 * The package as its users get it: packed, and installed from the tarball into a folder of its own.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** The project's folder. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

const run = promisify(execFile)
const NPM_FLAGS = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']

/** One file of the tarball, as npm lists it. */
export interface PackedFile {
  path: string
  size: number
  mode: number
}

/** A packed and perhaps installed copy; `remove()` deletes the folder. */
export interface Packed {
  folder: string
  tarball: string
  files: PackedFile[]
  size: number
  unpackedSize: number
  remove(): Promise<void>
}

/** Packs what has been built. */
export async function pack(): Promise<Packed> {
  if (!existsSync(join(root, 'dist', 'index.js'))) throw new Error('dist is missing: run `npm run build` first')
  const folder = await mkdtemp(join(tmpdir(), 'experience-stream-'))
  const { stdout } = await npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder)
  const parsed: unknown = JSON.parse(stdout)
  const [packed] = (Array.isArray(parsed) ? parsed : Object.values(parsed as object)) as (Packed & {
    filename: string
  })[]
  if (packed === undefined) throw new Error(`npm pack said nothing of a tarball: ${stdout}`)
  const { files, size, unpackedSize, filename } = packed
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  return { folder, tarball: join(folder, filename), files, size, unpackedSize, remove }
}

/** Installs the tarball into a new application below the same folder, and gives the application's path. */
export async function install({ folder, tarball }: Packed): Promise<string> {
  const app = join(folder, 'app')
  await mkdir(app)
  await writeFile(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }))
  await npm(app, 'install', ...NPM_FLAGS, '--no-package-lock', tarball)
  return app
}

/** Runs a program of Node in a folder; gives its output, or throws with what it said. */
export async function node(cwd: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return run(process.execPath, args, { cwd, maxBuffer: 1 << 26, env: environment() })
}

function npm(cwd: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return run('npm', args, { cwd, maxBuffer: 1 << 26, env: environment() })
}

/** Without what `npm test` and vitest put into the environment of their children. */
function environment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^npm_(?:package|lifecycle|command|execpath)|^VITEST|^NODE_ENV$/.test(name),
  )
  return Object.fromEntries(inherited)
}
