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
    summary: 'read logs, tables or trajectories into a ring, appraise them, sample, keep them',
    load: async () => (await import('./ingest.js')).ingest,
  },
  {
    name: 'stats',
    summary: 'tell what the directory of a stream holds',
    load: async () => (await import('./stats.js')).stats,
  },
  {
    name: 'verify',
    summary: 'prove that everything that was journaled is there, equal, and accounted for',
    load: async () => (await import('./verify.js')).verify,
  },
]
