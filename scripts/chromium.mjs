/**
 * Where this machine has a Chromium, and how the tests launch it.
 *
 * The tests use the browser that the system has; nothing is downloaded by a package. `CHROMIUM_PATH` names another one.
 *
 * @module
 */

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
const FOLDERS = ['/usr/bin', '/usr/local/bin', '/snap/bin', '/opt/google/chrome']
const BUNDLES = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** Arguments that let Chromium run as root in a container and keep it from calling home. */
export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
]

/** How to get one, for messages. */
export const CHROMIUM_HELP =
  'install Chromium (Debian: `apt-get install -y chromium`) or set CHROMIUM_PATH to its executable'

/** @returns {string | undefined} Path of an executable Chromium, if there is one. */
export function findChromium() {
  const given = process.env.CHROMIUM_PATH
  if (given) return isExecutable(given) ? given : undefined
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...FOLDERS]
  return [...folders.flatMap((folder) => NAMES.map((name) => join(folder, name))), ...BUNDLES].find(isExecutable)
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
