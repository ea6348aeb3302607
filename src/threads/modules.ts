/**
 * The two modules of this layer, compiled once a thread.
 *
 * @module
 */

import { moduleBytes } from '../kernel/module-text.js'
import { mirrorModuleText } from './generated/mirror-module.js'
import { sharedModuleText } from './generated/shared-module.js'

let shared: WebAssembly.Module | undefined
let mirror: WebAssembly.Module | undefined

/** The module of the shared ring. */
export async function sharedModule(): Promise<WebAssembly.Module> {
  shared ??= await WebAssembly.compile(moduleBytes(sharedModuleText))
  return shared
}

/** The module of a sampler's copy. Compiled when the first sample is drawn, which does not wait. */
export function mirrorModule(): WebAssembly.Module {
  mirror ??= new WebAssembly.Module(moduleBytes(mirrorModuleText))
  return mirror
}
