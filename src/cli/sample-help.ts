/**
 * The help of `sample`.
 *
 * @module
 */

/** Printed for `experience-stream sample --help`. */
export const SAMPLE_HELP = `Usage: experience-stream sample DIR [OPTION...]

Draws events of a stream's directory with their probabilities, from the same file and seed the same ones. Nothing is
changed, and somebody may be writing.

  --by uniform         each event of journal and files is as likely as any other (default)
  --by type            the same among the events of --type; reads all events once
  --by recent          the newest ones
  --by reward          probability grows with |total reward|, among the events of the newest window: those that a ring
                         gets back when the directory is opened
  --size N             how many, 1 to 1000000. Default 10
  --type CODE[,CODE]   for --by type: 0xf001, 514 or a name such as ActionFailed
  --alpha A            for --by reward: exponent of the weights, default 1
  --epsilon E          for --by reward: added to every weight, default 0
  --replacement yes|no whether an event may be drawn twice; default: yes for reward, otherwise no
  --seed S             default 1

Output
  --json               one JSON object: { population, window, samples: [{ seq, probability, event }], ... }
  -h, --help           this help

Exit status: 0; 1 if it is no stream's directory or cannot be read; 2 for a wrong command line; 130 after Ctrl-C.
`
