/**
 * Everything in Node, and the suites that need no `node:` module once more in a real Chromium, on a page that is
 * cross-origin isolated. The suites of what a stream promises run once more in each with streams that threads share, and in
 * Node with streams that have a journal.
 *
 * The suites of PostgreSQL are a project of their own, with one server for all of them.
 *
 * Without a Chromium the projects of the browser are left out, and said so; `scripts/test.mjs` counts its files as skipped.
 *
 * @module
 */

import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { CHROMIUM_ARGS, CHROMIUM_HELP, findChromium } from './scripts/chromium.mjs'
import {
  BROWSER_FOLDERS,
  BROWSER_SHARED_FOLDERS,
  DURABLE_FOLDERS,
  SHARED_FOLDERS,
  suitesOf,
} from './scripts/suites.mjs'

const executablePath = findChromium()
if (executablePath === undefined) console.warn(`\nNO CHROMIUM: the browser projects are left out; ${CHROMIUM_HELP}\n`)

const node = {
  test: {
    name: 'node',
    include: ['test/**/*.test.ts'],
    exclude: ['test/browser/**', 'test/postgres/**'],
    provide: { shared: false, durable: false },
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
}

const shared = {
  test: {
    name: 'shared',
    include: suitesOf(SHARED_FOLDERS),
    provide: { shared: true, durable: false },
    testTimeout: 60_000,
  },
}

const durable = {
  test: {
    name: 'durable',
    include: suitesOf(DURABLE_FOLDERS),
    provide: { shared: false, durable: true },
    testTimeout: 60_000,
  },
}

const postgres = {
  test: {
    name: 'postgres',
    include: ['test/postgres/**/*.test.ts'],
    globalSetup: ['test/postgres/support/global-setup.ts'],
    provide: { shared: false, durable: false },
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
}

/** Of a page that has SharedArrayBuffer. */
const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

const browser = {
  server: { headers: ISOLATED },
  test: {
    include: suitesOf(BROWSER_FOLDERS),
    testTimeout: 60_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: { ...(executablePath && { executablePath }), args: [...CHROMIUM_ARGS] } }),
      instances: [
        { browser: 'chromium' as const, name: 'browser', provide: { shared: false, durable: false } },
        {
          browser: 'chromium' as const,
          name: 'browser shared',
          include: suitesOf(BROWSER_SHARED_FOLDERS),
          provide: { shared: true, durable: false },
        },
      ],
    },
  },
}

export default defineConfig({
  test: { projects: [node, shared, durable, postgres, ...(executablePath === undefined ? [] : [browser])] },
})
