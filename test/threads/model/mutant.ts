/**
 * The mistakes that the model can be made with. Each is one access to shared memory that is left out, weakened or moved.
 */

export type Mutant =
  // Writing.
  | 'publishes before the second word'
  | 'writes without the mark WRITING'
  | 'writes words before the mark WRITING is seen'
  | 'begins by a store'
  | 'begins over a copy under way'
  | 'takes an empty stamp for that of number 0'
  // Claiming.
  | 'claims by load and store'
  | 'hands back by a store'
  | 'takes claims back whatever they stand before'
  // Reading.
  | 'does not look at the stamp again'
  | 'loads a word before the first look at the stamp'
  | 'loads words after the second look at the stamp'
  | 'reads cells whatever their tag'
  | 'reads rewards before the status'
  // Writing late.
  | 'writes rewards into the record'
  | 'puts cells by load and store'
  | 'puts over the cell of a newer event'
  | 'adds by load and store'
  | 'scores by load and store'
  | 'scores before it writes the reward'
  | 'counts itself as finisher with each bit'
  | 'takes the flags of whatever event stands there'
  | 'marks the event LATE in the end'
  | 'promises without a look in the end'
  | 'clears cells whatever stands there'
  // Sampling.
  | 'bumps the epoch before the cell'
  | 'notes its own epoch whatever it was'
  | 'looks at the cells before the epoch'
  | 'looks for what is gone before the frontier'
  | 'keeps its floor where it skips'
  | 'lets go before it folds'
  // Waiting.
  | 'looks before it raises the flag'
  | 'takes its ticket after it has looked'
  | 'looks for sleepers before it publishes'
  | 'takes the flag down after it has woken'
  | 'wakes before it calls'
  | 'does not rouse for a dead writer'
  // Retiring.
  | 'aborts by a store'
  | 'aborts a dead owner without its mark'
  | 'retires who is busy'
  | 'retires by a store'
  | 'leaves who is retired to another retirer'
  | 'compares the state without the generation'
  | 'does not look whose claim it was'
  | 'frees a place whoever has'
