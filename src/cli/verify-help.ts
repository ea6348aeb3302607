/**
 * The help of `verify`.
 *
 * @module
 */

/** Printed for `experience-stream verify --help`. */
export const VERIFY_HELP = `Usage: experience-stream verify DIR [OPTION...]

Proves that everything that was journaled is there. Reads all of the journal and all of the files in DIR/cold, changes
nothing, and works while somebody writes.

  journal  every block fits its checksum and follows the one before
  files    every file holds what the manifest says; events, gaps, skipped and dropped ones add up to all numbers
  both     events that both hold have the same bytes, rewards, flags, masks and metadata, corrections included; those
           that the journal no longer has show every late reward that it still knows
  each     number is an event in the files, an event in the journal that waits behind the files' checkpoint, or a gap
           with a reason: aborted, damaged, or missed by the files. What the journal's retention removed before any
           file had it is missing; what a follower outside of DIR has is told, and not looked at

  --with URL           also a database that follows: every event of the journal before its checkpoint is in it with the
                         same content, and every number before is a row or a gap; what comes behind is pending
  --archive DIR        where the archived days of the database are
  --json               one JSON object: { findings: [{ kind, what }], equal, onlyInFiles, pending, gapNumbers, ... }
  -q, --quiet          no progress on the standard error
  -h, --help           this help

Exit status: 0 if all is well; 1 if something is damaged, missing, different or not accounted for, each told in a line;
2 for a wrong command line; 130 after Ctrl-C.
`
