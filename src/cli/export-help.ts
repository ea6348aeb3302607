/**
 * The help of `export`.
 *
 * @module
 */

import { DATABASE_HELP } from './database.js'

/** Printed for `experience-stream export --help`. */
export const EXPORT_HELP = `Usage: experience-stream export DIR|URL --parquet|--messagepack|--ndjson OUT [OPTION...]

Writes the events of a stream's directory, from journal and files alike, with the newest rewards, in the order of their
sequence numbers. Nothing in DIR is changed, and somebody may be writing to it. Memory is bounded.

To
  --parquet OUT        one file if OUT ends in .parquet (up to 1000000 events), otherwise a new or empty folder, which
                         gets files of up to 250000 events each
  --messagepack OUT    the same with .messagepack
  --ndjson OUT         a JSON object a line, to a file or, for -, to the standard output; ingest reads it again
                         A file appears under its name when it is whole, and one that exists is never replaced.

From a database, archived days included
  --stream ID          which stream, if there are several
  --archive DIR        where the archived days are
                         Without a choice of events a folder becomes the directory of a FileColdStorage, with the
                         stream's id and checksums compared in the end: run it again to go on, or to add what is new.
                         A file of all events as NDJSON that was stopped is gone on with as well.

Which
  --from TIME          events at or after it: 2026-11-21, 2026-11-21T14:00:00Z, or µs since 1970
  --to TIME            events before it
  --episode ID         events of one episode
  --type CODE[,CODE]   0xf001, 514 or a name such as ActionFailed

Output
  --json               what was written, as one JSON object; not with --ndjson -
  -q, --quiet          no progress on the standard error
  -h, --help           this help

${DATABASE_HELP}

Exit status: 0; 1 if there is no such event, or something cannot be read or written; 2 for a wrong command line; 130
after Ctrl-C, where a folder keeps the files that are whole.
`
