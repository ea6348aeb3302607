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
    summary: 'tell what the directory of a stream, or a database, holds',
    load: async () => (await import('./stats.js')).stats,
  },
  {
    name: 'sample',
    summary: 'draw events of a directory',
    load: async () => (await import('./sample.js')).sample,
  },
  {
    name: 'tail',
    summary: 'print the newest events of a directory, and those that come',
    load: async () => (await import('./tail.js')).tail,
  },
  {
    name: 'export',
    summary: 'write the events of a directory or database to Parquet, MessagePack or NDJSON files',
    load: async () => (await import('./export.js')).exportEvents,
  },
  {
    name: 'import',
    summary: 'move the stream of a directory, or files, into a database',
    load: async () => (await import('./import.js')).importStream,
  },
  {
    name: 'verify',
    summary: 'prove that everything that was journaled is there, equal, and accounted for',
    load: async () => (await import('./verify.js')).verify,
  },
  {
    name: 'compact',
    summary: 'fold late rewards into the files of a directory and join small ones',
    load: async () => (await import('./compact.js')).compact,
  },
  {
    name: 'migrate',
    summary: 'make the tables of a database, or bring them up to date',
    load: async () => (await import('./migrate.js')).migrate,
  },
  {
    name: 'archive',
    summary: 'move old days of a database into Parquet files',
    load: async () => (await import('./archive.js')).archive,
  },
]
