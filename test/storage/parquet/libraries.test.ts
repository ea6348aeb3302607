import { expect, test } from 'vitest'
import { optional } from '../../../src/storage/cold/parquet/libraries.js'
import { MissingDependencyError } from '../../../src/storage/errors.js'

test('a library that is not installed is an error that says how to install it', async () => {
  // A name that the compiler does not know, so that the import is tried when the test runs.
  const name: string = 'experience-stream-has-no-such-package'
  const missing = await optional(() => import(/* @vite-ignore */ name)).catch((e: unknown) => e)
  expect(missing).toBeInstanceOf(MissingDependencyError)
  expect((missing as Error).message).toBe(
    'cold storage in Parquet files needs parquet-wasm and apache-arrow: npm install parquet-wasm apache-arrow',
  )
})

test('a library that fails while it is loaded is passed on as it is', async () => {
  const failure = new WebAssembly.CompileError('not enough memory')
  await expect(optional(() => Promise.reject(failure))).rejects.toBe(failure)
})

test('a library that is there is what is returned', async () => {
  expect(await optional(async () => 5)).toBe(5)
})
