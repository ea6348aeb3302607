/**
 * The help of `tail`.
 *
 * @module
 */

/** Printed for `experience-stream tail --help`. */
export const TAIL_HELP = `Usage: experience-stream tail DIR [OPTION...]

Prints the newest events of a stream's directory, from journal and files, oldest first; with --follow then what is
journaled from now on, as soon as it is. Nothing is changed, and somebody may be writing. Rewards are those of the
moment: an event is not printed again when one comes later.

  -n, --lines N        how many, 0 to 65536. Default 10
  -f, --follow         go on until Ctrl-C
  --type CODE[,CODE]   these types alone: 0xf001, 514 or a name such as ActionFailed
  --json               a JSON object a line
  -h, --help           this help

Exit status: 0; 1 if it is no stream's directory or cannot be read; 2 for a wrong command line; 130 after Ctrl-C.
`
