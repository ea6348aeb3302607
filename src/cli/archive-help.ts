/**
 * The help of `archive`.
 *
 * @module
 */

import { DATABASE_HELP } from './database.js'

/** Printed for `experience-stream archive --help`. */
export const ARCHIVE_HELP = `Usage: experience-stream archive [URL] --directory DIR [OPTION...]

Moves whole UTC days of a database into Parquet files, metadata included: each file is read back and compared with the
rows before these are dropped. Rewards that came late for days in files are folded into them. Stopped or killed at any
point nothing is lost and nothing is there twice: run it again. One process at a time archives a database.

  --directory DIR      where the files of this database are, and of no other; made if it does not exist
  --older-than AGE     days that ended so long ago, 7d or 12h, or before a time: 2026-11-21. Default 7d
  --json               what was moved, as one JSON object
  -q, --quiet          no progress on the standard error
  -h, --help           this help

${DATABASE_HELP}

Exit status: 0, also if no day is due; 1 if a day could not be moved; 2 for a wrong command line; 130 after Ctrl-C.
`
