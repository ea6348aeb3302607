/**
 * Two projects: everything in Node, and the suites that need no `node:` module once more in a real Chromium.
 *
 * Without a Chromium the second project is left out, and said so; `scripts/test.mjs` counts its files as skipped.
 *
 * @module
 */

import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { CHROMIUM_ARGS, CHROMIUM_HELP, findChromium } from './scripts/chromium.mjs'
import { BROWSER_SUITES } from './scripts/suites.mjs'

const executablePath = findChromium()
if (executablePath === undefined) console.warn(`\nNO CHROMIUM: the browser project is left out; ${CHROMIUM_HELP}\n`)

const node = {
  test: {
    name: 'node',
    include: ['test/**/*.test.ts'],
    exclude: ['test/browser/**'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
  },
}

const browser = {
  test: {
    name: 'browser',
    include: [...BROWSER_SUITES],
    testTimeout: 30_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: { ...(executablePath && { executablePath }), args: [...CHROMIUM_ARGS] } }),
      instances: [{ browser: 'chromium' as const }],
    },
  },
}

export default defineConfig({
  test: { projects: executablePath === undefined ? [node] : [node, browser] },
})
