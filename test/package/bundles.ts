/**
 * One application, built by each bundler with its default settings for production.
 *
 * @module
 */

import { join } from 'node:path'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import * as esbuild from 'esbuild'
import { rollup } from 'rollup'
import { build as viteBuild } from 'vite'
import webpack from 'webpack'

/** Builds `main.js` of an application; gives the path of the bundle, one module. */
export type Bundler = (app: string) => Promise<string>

/** Runs webpack for the web. */
export async function pack(settings: webpack.Configuration): Promise<void> {
  const common = { mode: 'production', target: ['web', 'es2022'], performance: { hints: false } } as const
  const compiler = webpack({ ...common, ...settings, target: [...common.target] })
  const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) => {
    compiler.run((error, result) => (error ? reject(error) : resolve(result)))
  })
  await new Promise((resolve) => compiler.close(resolve))
  if (stats === undefined || stats.hasErrors() || stats.hasWarnings()) throw new Error(stats?.toString('minimal'))
}

/** By their names. */
export const BUNDLERS: Record<string, Bundler> = {
  async Vite(app) {
    const outDir = join(app, 'vite')
    await viteBuild({
      root: app,
      configFile: false,
      logLevel: 'error',
      build: {
        outDir,
        modulePreload: false,
        rolldownOptions: { input: join(app, 'main.js'), output: { entryFileNames: 'main.js' } },
      },
    })
    return join(outDir, 'main.js')
  },

  async webpack(app) {
    const path = join(app, 'webpack')
    const output = { path, filename: 'main.js', module: true }
    await pack({ context: app, entry: './main.js', output, experiments: { outputModule: true } })
    return join(path, 'main.js')
  },

  async Rollup(app) {
    const file = join(app, 'rollup', 'main.js')
    const bundle = await rollup({
      input: join(app, 'main.js'),
      plugins: [nodeResolve({ browser: true })],
      onwarn: (warning) => {
        throw new Error(warning.message)
      },
    })
    await bundle.write({ file, format: 'es', inlineDynamicImports: true })
    await bundle.close()
    return file
  },

  async esbuild(app) {
    const outfile = join(app, 'esbuild', 'main.js')
    const settings = { bundle: true, minify: true, format: 'esm', platform: 'browser', logLevel: 'silent' } as const
    const { warnings } = await esbuild.build({ ...settings, entryPoints: [join(app, 'main.js')], outfile })
    if (warnings.length > 0) throw new Error(warnings.map(({ text }) => text).join('\n'))
    return outfile
  },
}

/** The bytes of a program, minified, without what it imports only when it is asked for. */
export async function minified(app: string, program: string): Promise<Uint8Array> {
  const bundle = await rollup({
    input: 'program',
    plugins: [
      {
        name: 'program',
        resolveId: (id) => (id === 'program' ? join(app, 'program.js') : null),
        load: (id) => (id === join(app, 'program.js') ? program : null),
      },
      nodeResolve({ browser: true }),
    ],
  })
  const { output } = await bundle.generate({ format: 'es' })
  await bundle.close()
  const loaded = output.filter((file) => file.type === 'chunk' && !file.isDynamicEntry)
  const [chunk] = loaded
  if (loaded.length !== 1 || chunk?.type !== 'chunk') throw new Error(`${loaded.length} chunks instead of one`)
  return Buffer.from((await esbuild.transform(chunk.code, { minify: true, format: 'esm', target: 'es2022' })).code)
}

/** A TypeScript module without its types. */
export async function withoutTypes(source: string): Promise<string> {
  return (await esbuild.transform(source, { loader: 'ts' })).code
}
