/**
 * The help of `ingest`.
 *
 * @module
 */

/** Printed for `experience-stream ingest --help`. */
export const INGEST_HELP = `Usage: experience-stream ingest FILE|- [OPTION...]

Reads events as a stream, in constant memory, into a ring of 128-byte records; lets the four appraisers score them;
prints a summary and, if asked for, samples with their probabilities. Gzip is unpacked. - is the standard input.

Inputs
  log      web access log in combined format: a request is an event, a client an episode
  ndjson   a JSON object per line with the fields of an event, or mapped with --map
  csv      a table with a header, mapped with --map
  msgpack  a stream of MessagePack maps, as ndjson
  npz      trajectories as the library imitation saves them with NumPy; pickled objects are never read
  --format F           one of these; default: by the file's extension or its first bytes
  --map MAPPING        what columns or keys mean: field=column[:how],... or a .json file; for csv, ndjson, msgpack
                         timestamp=ts:iso|s|ms|us  episodeId=user[:hash]  stepNumber=n  flags=f  field=#constant
                         eventType=kind[:click=0xf001|view=0xf002]  state.0=x[:LOW..HIGH]  action.7=y  rewardGoal=r
  --delimiter C        of csv: one character, or tab; default: the one that the header has most often
  --no-header          csv without header: the columns are named 1, 2, 3...
  --salt TEXT          key of the hashes that name log clients and :hash episodes; default: random in every run

Ring
  --capacity N         events that are kept; the oldest make room. Default 1000000 (memory grows to 0.2 GB)
  --appraisers LIST    of homeostasis,curiosity,efficiency,goal; or all (default), or none

Keeping
  --into DIR           keep the events in DIR: a journal, and files of all events in DIR/cold. A directory that holds a
                         stream is continued: its sequence numbers, capacity and appraisers go on
  --store F            of these files: parquet (default), messagepack, or none for the journal alone
  --durability LEVEL   none, process-crash (default) or power-loss: what an event survives once it is reported

Samples
  --sample N           draw N events in the end
  --by SAMPLER         uniform (default), reward (probability grows with |total reward|), recent, or type
  --type CODE[,CODE]   for --by type: 0xf001, 514 or a name such as ActionFailed
  --alpha A            for --by reward: exponent of the weights, default 1
  --epsilon E          for --by reward: added to every weight, default 0
  --replacement yes|no whether an event may be drawn twice; default: yes for reward, otherwise no
  --seed S             of the samplers: the same file and seed draw the same events. Default 1

Output
  --json               one JSON object: { ingested, malformed, samples: [{ seq, probability, event }], timing, ... }
  -q, --quiet          no progress on the standard error
  -h, --help           this help

How inputs become events
  log      timestamp of the request; episode: HMAC-SHA256 of the address; step: count per client; type ActionCompleted,
           or ActionFailed with flag ERROR from status 400 and URGENT from 500; state: time of day, novelty of the path,
           size, depth, pace, standing, outcome, disclosure; action: method, status, request length, bytes, seconds
           since the last request, referrer, agent, protocol
  npz      state: observation; action: action; goal reward: the environment's; episode: trajectory; flag TRAJECTORY;
           the final observation is an event of its own, of type 0xf001 where the episode terminated and 0xf002 where
           it was truncated
  others   the fields by their names; without time an event's ordinal number in µs, without steps a count per episode

A record that cannot be an event is counted as malformed, and the first ten are listed by line and reason, without
their content. Exit status: 0; 1 if nothing was ingested or the input is damaged; 2 for a wrong command line; 130 after
Ctrl-C, with the summary of what was read until then.
`
