/**
 * The help of `stats`.
 *
 * @module
 */

import { DATABASE_HELP } from './database.js'

/** Printed for `experience-stream stats --help`. */
export const STATS_HELP = `Usage: experience-stream stats DIR|URL [OPTION...]

Tells what the directory of a stream holds: the stream's identity and its newest window, the journal, named
subscriptions, followers with their lag, the files by day, and every number without an event. Reads headers only,
changes nothing, and works while somebody writes.

Of a database: its streams and how far each is, events by day, numbers without an event, sizes, and what is archived.
No event is read.

  --json               one JSON object
  -h, --help           this help

${DATABASE_HELP}

Exit status: 0; 1 if it is no stream's directory or no migrated database, or cannot be read; 2 for a wrong command line.
`
