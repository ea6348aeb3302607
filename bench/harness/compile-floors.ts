/**
 * Compiles the module of the floors, once per run and apart from the subjects: the compiler is large, and a subject
 * starts with a fresh heap.
 *
 * @module
 */

import { writeFileSync } from 'node:fs'
import { type CompilerOptions, compileString } from 'assemblyscript/asc'
import { FLOOR_SOURCE } from './floor-source.js'

/** Compiles the module of the floors into `file`; with `shared` for memory that threads share. */
export async function compileFloors(file: URL, shared: boolean): Promise<void> {
  // The compiler's declared type is that of its inner options; it is called with those of its command line.
  const options = {
    optimizeLevel: 3,
    runtime: 'stub',
    noAssert: true,
    importMemory: true,
    initialMemory: 1,
    maximumMemory: 65_536,
    sharedMemory: shared,
    enable: shared ? ['simd', 'threads'] : ['simd'],
    use: ['abort='],
  } as unknown as CompilerOptions
  const { binary, error, stderr } = await compileString(FLOOR_SOURCE, options)
  if (!binary) throw new Error(`the floors do not compile: ${error?.message ?? ''}\n${stderr.toString()}`)
  writeFileSync(file, binary)
}
