/**
 * The help of `migrate`.
 *
 * @module
 */

import { DATABASE_HELP } from './database.js'

/** Printed for `experience-stream migrate --help`. */
export const MIGRATE_HELP = `Usage: experience-stream migrate --to URL [OPTION...]

Brings the tables of a database to what this version needs: files of SQL in order, each as a whole and once, also if
several do it at the same time. Nothing is dropped, but the indexes of profile analytics by --profile ingest. A database
that a newer version has migrated is left alone.

  --to URL             the database
  --profile NAME       which indexes to have: ingest, the lean ones, or analytics, those that queries by time, reward,
                       type and metadata need. Default: as they are; ingest in a new database. Writers wait while
                       indexes are made
  --dry-run            say what would be done, and do nothing
  --json               one JSON object
  -q, --quiet          no progress on the standard error
  -h, --help           this help

${DATABASE_HELP}

Exit status: 0, also if there was nothing to do; 1 if it failed, where the files before stay applied; 2 for a wrong
command line; 130 after Ctrl-C.
`
