/**
 * Instantiation of the module, in Node, pages and workers, asynchronously or synchronously. The module's bytes are
 * inlined in this package, so that every bundler and a plain script find them.
 *
 * A page needs `'wasm-unsafe-eval'` in its content security policy for either way.
 *
 * @module
 */

import { instantiate, instantiateSync } from '@assemblyscript/loader'
import type { KernelExports } from './exports.js'
import { coreModuleText } from './generated/core-module.js'
import { moduleBytes } from './module-text.js'

/** What the module imports. */
type Imports = { env: { memory: WebAssembly.Memory } }

let compiled: WebAssembly.Module | undefined

/**
 * Instantiates without blocking the event loop. The compiled module is kept for later streams.
 * @param module another build of the module, for tests that break it.
 */
export async function instantiateCore(memory: WebAssembly.Memory, module?: WebAssembly.Module): Promise<KernelExports> {
  if (module === undefined) compiled ??= await WebAssembly.compile(moduleBytes(coreModuleText))
  return instantiateModule(memory, module ?? (compiled as WebAssembly.Module))
}

/** Instantiates at once. Chromium before version 115 refuses this on a page's main thread. */
export function instantiateCoreSync(memory: WebAssembly.Memory, module?: WebAssembly.Module): KernelExports {
  if (module === undefined) compiled ??= new WebAssembly.Module(moduleBytes(coreModuleText))
  const imports: Imports = { env: { memory } }
  return instantiateSync(module ?? (compiled as WebAssembly.Module), imports).instance
    .exports as unknown as KernelExports
}

/** Instantiates any module that imports a memory and nothing else. */
export async function instantiateModule<T>(memory: WebAssembly.Memory, module: WebAssembly.Module): Promise<T> {
  const imports: Imports = { env: { memory } }
  return (await instantiate(module, imports)).instance.exports as unknown as T
}
