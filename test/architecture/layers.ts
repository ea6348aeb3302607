/**
 * The layers of `src`, and what each may import.
 *
 * `layout → kernel → event → stream → threads → storage, processor, ledger, postgres, recall, page → server, client →
 * adapters → cli`: a layer imports itself and what stands before it. `errors.ts` is open to all but the layout,
 * `index.ts` is the face of the layers up to `stream`, and nothing imports `cli` or `testing`. One dynamic import leads
 * up, from `stream` to `threads`.
 *
 * @module
 */

import { type Module, resolveImport } from './sources.js'

/** In order; each is a folder of `src`, or the file of that name. */
export const LAYERS = [
  'layout',
  'kernel',
  'event',
  'stream',
  'threads',
  'storage',
  'processor',
  'ledger',
  'postgres',
  'recall',
  'page',
  'server',
  'client',
  'adapters',
  'testing',
  'cli',
]

/** The one way up: what `shared: true` loads when it is asked for. */
const LAZY = { from: 'src/stream/load-threads.ts', to: 'src/threads/shared-parts.ts' }
const CORE = ['layout', 'kernel', 'event', 'stream', 'errors']
const CLOSED = ['cli', 'testing']
const NODE_LAYERS = ['server', 'cli', 'postgres']

/** `src/event/view.ts` → `event`, `src/layout.ts` → `layout`. */
export function layerOf(path: string): string {
  const [, first = ''] = path.split('/')
  return first.replace(/\.ts$/, '')
}

/** What is wrong with a module's imports, one sentence each; empty if nothing is. */
export function violations(module: Module): string[] {
  return module.imports.flatMap((specifier) => {
    const fault = specifier.startsWith('.')
      ? layerFault(module.path, resolveImport(module.path, specifier))
      : packageFault(module.path, specifier)
    return fault === undefined ? [] : [`${module.path} imports ${specifier}: ${fault}`]
  })
}

function layerFault(path: string, target: string): string | undefined {
  if (!target.startsWith('src/')) return 'src imports nothing outside of src'
  const from = layerOf(path)
  const to = layerOf(target)
  if (from === to) return undefined
  if (to === 'errors') return from === 'layout' ? 'the layout imports nothing' : undefined
  if (from === 'errors') return 'errors.ts imports nothing'
  if (CLOSED.includes(to)) return `nothing imports ${to}`
  if (from === 'index')
    return CORE.includes(to) ? undefined : `index.ts is the face of the core, ${to} is not part of it`
  const rank = LAYERS.indexOf(from)
  if (rank === -1) return `${from} is no known layer`
  if (to === 'index') return rank > LAYERS.indexOf('stream') ? undefined : `${from} is part of what index.ts exports`
  if (!LAYERS.includes(to)) return `${to} is no known layer`
  if (path === LAZY.from && target === LAZY.to) return undefined
  return LAYERS.indexOf(to) < rank ? undefined : `${from} stands before ${to}`
}

function packageFault(path: string, specifier: string): string | undefined {
  if (!specifier.startsWith('node:')) return undefined
  if (path.endsWith('.node.ts') || NODE_LAYERS.includes(layerOf(path))) return undefined
  return `node: modules belong in *.node.ts, ${NODE_LAYERS.join(', ')}`
}
