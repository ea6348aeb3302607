/**
 * Compiles the module from its sources with one place changed, in memory: nothing is written to the disk.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A change of one source file: `find` must stand in it exactly once. */
export interface Patch {
  file: string
  find: string
  replace: string
}

// As in asconfig.json but for the optimizer, which takes most of the time and changes no result.
const OPTIONS = [
  ...['--optimizeLevel', '1', '--noAssert', '--runtime', 'stub', '--importMemory'],
  ...['--initialMemory', '1', '--maximumMemory', '65536', '--enable', 'simd', '--use', 'abort='],
]

/**
 * Compiles `assembly/` with the patches applied.
 * @throws {Error} if a patch does not match exactly once, or the result does not compile.
 */
export async function compileMutant(patches: readonly Patch[]): Promise<WebAssembly.Module> {
  const sources = new Map<string, string>()
  for (const { file, find, replace } of patches) {
    const source = sources.get(file) ?? readFileSync(join(root, file), 'utf8')
    const matches = source.split(find).length - 1
    if (matches !== 1) throw new Error(`${file} has ${matches} places for the mutant instead of one: ${find}`)
    sources.set(
      file,
      source.replace(find, () => replace),
    )
  }
  let binary: Uint8Array | undefined
  const stderr = asc.createMemoryStream()
  const { error } = await asc.main(['assembly/index.ts', '--outFile', 'mutant.wasm', ...OPTIONS], {
    stderr,
    readFile: (name) => (name.endsWith('asconfig.json') ? null : (sources.get(name) ?? read(name))),
    writeFile: (name, contents) => {
      if (name === 'mutant.wasm' && typeof contents !== 'string') binary = contents
    },
    listFiles: () => [],
  })
  if (error !== null || binary === undefined) throw new Error(`the mutant does not compile: ${stderr.toString()}`)
  return new WebAssembly.Module(Uint8Array.from(binary))
}

function read(name: string): string | null {
  try {
    return readFileSync(join(root, name), 'utf8')
  } catch {
    return null
  }
}
