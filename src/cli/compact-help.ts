/**
 * The help of `compact`.
 *
 * @module
 */

/** Printed for `experience-stream compact --help`. */
export const COMPACT_HELP = `Usage: experience-stream compact DIR [OPTION...]

Folds late rewards into the files of DIR/cold and joins the small files of a day. No file is changed in place: each
group of files is replaced by one entry of the manifest, so that the command may be stopped anywhere. The journal is
not touched. The files must not be open elsewhere.

  --json               one JSON object
  -q, --quiet          no progress on the standard error
  -h, --help           this help

Exit status: 0; 1 if there are no files, they are in use, or a part of them cannot be read and was left alone; 2 for a
wrong command line; 130 after Ctrl-C, where what is done stays done.
`
