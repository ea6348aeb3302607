/**
 * The list of commands: one file per command, loaded when it is asked for.
 *
 * @module
 */

import type { CommandEntry } from './command.js'

/** All commands, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'ingest',
    summary: 'read logs, tables or trajectories into a ring, appraise them, and sample',
    load: async () => (await import('./ingest.js')).ingest,
  },
]
