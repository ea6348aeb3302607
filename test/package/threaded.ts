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

/** Builds the module of a page, such as `threaded.js`, and that of its worker; gives the folder of the files. */
export type ThreadedBundler = (app: string, page: string, worker: string) => Promise<string>

/** By their names. */
export const THREADED_BUNDLERS: Record<string, ThreadedBundler> = {
  async Vite(app, page) {
    const outDir = join(app, 'vite-workers', page)
    await viteBuild({
      root: app,
      base: './',
      configFile: false,
      logLevel: 'error',
      build: {
        outDir,
        modulePreload: false,
        rolldownOptions: { input: join(app, page), output: { entryFileNames: page } },
      },
    })
    return outDir
  },

  async webpack(app, page) {
    const path = join(app, 'webpack-workers', page)
    await pack({ context: app, entry: { [page.replace(/\.js$/, '')]: `./${page}` }, output: { path } })
    return path
  },

  async Rollup(app, page, worker) {
    const dir = join(app, 'rollup-workers', page)
    const bundle = await rollup({
      input: [join(app, page), join(app, worker)],
      plugins: [nodeResolve({ browser: true })],
      onwarn: (warning) => {
        throw new Error(warning.message)
      },
    })
    await bundle.write({ dir, format: 'es' })
    await bundle.close()
    return dir
  },

  async esbuild(app, page, worker) {
    const outdir = join(app, 'esbuild-workers', page)
    const settings = { bundle: true, minify: true, splitting: true, format: 'esm', platform: 'browser' } as const
    const entryPoints = [join(app, page), join(app, worker)]
    const { warnings } = await esbuild.build({ ...settings, logLevel: 'silent', entryPoints, outdir })
    if (warnings.length > 0) throw new Error(warnings.map(({ text }) => text).join('\n'))
    return outdir
  },
}
