/**
 * The help of `import`.
 *
 * @module
 */

import { DATABASE_HELP } from './database.js'

/** Printed for `experience-stream import --help`. */
export const IMPORT_HELP = `Usage: experience-stream import SOURCE [--to URL] [OPTION...]

Moves a stream into a database, with rewards, masks, metadata and sequence numbers, and proves by counts and checksums
that both hold the same. Nothing in SOURCE is changed. Stopped or killed, run it again: it goes on where it was. Run
again later it takes what is new.

SOURCE is the directory of a stream, whose journal and files are read as one; the directory of its files alone; or
Parquet and MessagePack files, one or a folder of them. A stream that a journal wrote can follow into the database from
there on. Files do not say which stream they are of: they become one of their own, which no journal writes.

To
  --to URL             the database, migrated before: experience-stream migrate --to URL
  --stream ID          what to call the stream of files; of other sources it must be the stream's id

Output
  --no-verify          does not read both sides again in the end
  --json               what was moved, as one JSON object
  -q, --quiet          no progress on the standard error
  -h, --help           this help

${DATABASE_HELP}

Exit status: 0; 1 if something cannot be read or written, or the two sides differ; 2 for a wrong command line; 130 after
Ctrl-C.
`
