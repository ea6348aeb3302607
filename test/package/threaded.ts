/**
 * One application with a worker, built by each bundler with its default settings for production. Vite and webpack find
 * the worker by themselves; Rollup and esbuild take it as a second entry.
 *
 * @module
 */

import { join } from 'node:path'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import * as esbuild from 'esbuild'
import { rollup } from 'rollup'
import { build as viteBuild } from 'vite'
import { pack } from './bundles.js'

/** Builds `threaded.js` and its `worker.js`; gives the folder of the files, in which `threaded.js` is the first. */
export type ThreadedBundler = (app: string) => Promise<string>

/** By their names. */
export const THREADED_BUNDLERS: Record<string, ThreadedBundler> = {
  async Vite(app) {
    const outDir = join(app, 'vite-threaded')
    await viteBuild({
      root: app,
      base: './',
      configFile: false,
      logLevel: 'error',
      build: {
        outDir,
        modulePreload: false,
        rolldownOptions: { input: join(app, 'threaded.js'), output: { entryFileNames: 'threaded.js' } },
      },
    })
    return outDir
  },

  async webpack(app) {
    const path = join(app, 'webpack-threaded')
    await pack({ context: app, entry: { threaded: './threaded.js' }, output: { path } })
    return path
  },

  async Rollup(app) {
    const dir = join(app, 'rollup-threaded')
    const bundle = await rollup({
      input: [join(app, 'threaded.js'), join(app, 'worker.js')],
      plugins: [nodeResolve({ browser: true })],
      onwarn: (warning) => {
        throw new Error(warning.message)
      },
    })
    await bundle.write({ dir, format: 'es' })
    await bundle.close()
    return dir
  },

  async esbuild(app) {
    const outdir = join(app, 'esbuild-threaded')
    const settings = { bundle: true, minify: true, splitting: true, format: 'esm', platform: 'browser' } as const
    const entryPoints = [join(app, 'threaded.js'), join(app, 'worker.js')]
    const { warnings } = await esbuild.build({ ...settings, logLevel: 'silent', entryPoints, outdir })
    if (warnings.length > 0) throw new Error(warnings.map(({ text }) => text).join('\n'))
    return outdir
  },
}
