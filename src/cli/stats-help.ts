/**
 * The help of `stats`.
 *
 * @module
 */

/** Printed for `experience-stream stats --help`. */
export const STATS_HELP = `Usage: experience-stream stats DIR [OPTION...]

Tells what the directory of a stream holds: the stream's identity and its newest window, the journal, named
subscriptions, followers with their lag, the files by day, and every number without an event. Reads headers only,
changes nothing, and works while somebody writes.

  --json               one JSON object
  -h, --help           this help

Exit status: 0; 1 if it is no stream's directory or cannot be read; 2 for a wrong command line.
`
