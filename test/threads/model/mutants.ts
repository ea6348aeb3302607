/**
 * Which configuration finds each mistake, and by which invariant. The smallest ones are named, which gives the shortest
 * counterexamples.
 */

import { ENDING, PROGRESS } from './checker.js'
import type { CONFIGURATIONS } from './configurations.js'
import type { Mutant } from './mutant.js'

export interface Finding {
  configuration: keyof typeof CONFIGURATIONS
  invariant: string
}

const STANDS = 'an applied reward stands in the ring'
const RESOLVED = 'each number is resolved once'
const ONE_WRITER = 'a slot has one writer'
const WHOLE = 'a read is the whole event'
const ONE_OWNER = 'a number has one owner'
const COMPLETE = 'who finds an event complete finds all its rewards'
const NOT_MISSED = 'a finished change is not missed'
const EVICTING = 'an appraiser of an event and one of its successor'
const SAMPLER = 'a sampler, an appraiser and a writer that evicts'
const ALIVE = 'a writer that is retired while it lives'
const TWO_RETIRE = 'a dead writer that two retire while another takes its place'
const MASK = 'two appraisers that complete a mask while it is evicted'
const SLEEPERS = 'two sleepers and two writers'
const GATED = 'a journal, two writers and an appraiser on a window of 1'
const LEAVES = 'a journal and two threads that add to an event that leaves'
const ASKED = 'an outbox of 4 places and two that ask whether their posts are taken'
const KEPT = 'an event leaves the ring only with what was written late to it'

export const FINDINGS: Record<Mutant, Finding> = {
  'publishes before the second word': { configuration: EVICTING, invariant: WHOLE },
  'writes without the mark WRITING': {
    configuration: 'two writers and a reader that begin with an empty ring',
    invariant: ONE_WRITER,
  },
  'writes words before the mark WRITING is seen': { configuration: EVICTING, invariant: WHOLE },
  'takes an empty stamp for that of number 0': {
    configuration: ALIVE,
    invariant: 'claimed = written + aborted + pending',
  },
  'claims by load and store': { configuration: 'a ring whose first number is not 0', invariant: ONE_OWNER },
  'hands back by a store': { configuration: 'three writers that hand numbers back', invariant: ONE_OWNER },
  'does not look at the stamp again': { configuration: EVICTING, invariant: WHOLE },
  'loads a word before the first look at the stamp': { configuration: EVICTING, invariant: WHOLE },
  'loads words after the second look at the stamp': { configuration: EVICTING, invariant: WHOLE },
  'reads cells whatever their tag': {
    configuration: EVICTING,
    invariant: 'a late value shows on its own event alone',
  },
  'puts cells by load and store': { configuration: EVICTING, invariant: STANDS },
  'adds by load and store': {
    configuration: 'two threads that add to one reward while it is evicted',
    invariant: 'an applied reward is read',
  },
  'scores by load and store': { configuration: MASK, invariant: 'a mask with all its bits was completed' },
  'reads rewards before the status': { configuration: MASK, invariant: COMPLETE },
  'scores before it writes the reward': { configuration: MASK, invariant: COMPLETE },
  'bumps the epoch before the cell': {
    configuration: SAMPLER,
    invariant: NOT_MISSED,
  },
  'notes its own epoch whatever it was': {
    configuration: 'a sampler that makes changes itself',
    invariant: NOT_MISSED,
  },
  'looks at the cells before the epoch': {
    configuration: 'a sampler that folds what two threads change',
    invariant: NOT_MISSED,
  },
  'looks before it raises the flag': { configuration: SLEEPERS, invariant: PROGRESS },
  'takes its ticket after it has looked': { configuration: SLEEPERS, invariant: PROGRESS },
  'looks for sleepers before it publishes': { configuration: SLEEPERS, invariant: PROGRESS },
  'does not rouse for a dead writer': {
    configuration: 'a sleeper, a writer that aborts and one that dies',
    invariant: PROGRESS,
  },
  'aborts by a store': {
    configuration: ALIVE,
    invariant: RESOLVED,
  },
  'takes claims back whatever they stand before': {
    configuration: 'a frontier behind claims that are taken back',
    invariant: 'no number before a frontier is still to come',
  },
  'looks for what is gone before the frontier': {
    configuration: 'a sampler and two writers',
    invariant: 'a sampler waits for no writer',
  },
  'keeps its floor where it skips': {
    configuration: 'a sampler and a writer that hands numbers back',
    invariant: 'a sampler has every event of its window',
  },
  'retires who is busy': {
    configuration: ALIVE,
    invariant: 'who is retired stays so',
  },
  'aborts a dead owner without its mark': {
    configuration: 'a writer that dies in the middle of a copy and is retired',
    invariant: PROGRESS,
  },
  'leaves who is retired to another retirer': {
    configuration: ALIVE,
    invariant: 'who is retired has nothing to begin',
  },
  'retires by a store': { configuration: ALIVE, invariant: 'who is retired stays so' },
  'compares the state without the generation': {
    configuration: TWO_RETIRE,
    invariant: 'only who was meant is retired',
  },
  'does not look whose claim it was': { configuration: TWO_RETIRE, invariant: RESOLVED },
  'frees a place whoever has': { configuration: TWO_RETIRE, invariant: 'claimed = written + aborted + pending' },
  'marks the event LATE in the end': { configuration: SAMPLER, invariant: NOT_MISSED },
  'counts itself as finisher with each bit': {
    configuration: MASK,
    invariant: 'at most one thread completes a mask',
  },
  'takes the flags of whatever event stands there': {
    configuration: 'two appraisers of an event that is complete from the start',
    invariant: 'at most one thread completes a mask',
  },
  'promises without a look in the end': { configuration: EVICTING, invariant: STANDS },
  'lets go before it folds': { configuration: SAMPLER, invariant: NOT_MISSED },
  'clears cells whatever stands there': {
    configuration: 'a slot whose cells are cleared while others abort and write late',
    invariant: STANDS,
  },
  'begins by a store': {
    configuration: 'two writers and a reader that begin with an empty ring',
    invariant: ONE_WRITER,
  },
  'begins over a copy under way': { configuration: ALIVE, invariant: ONE_WRITER },
  'puts over the cell of a newer event': { configuration: EVICTING, invariant: STANDS },
  'writes rewards into the record': { configuration: EVICTING, invariant: WHOLE },
  'claims past the gate': { configuration: GATED, invariant: 'nobody claims past the gate' },
  'moves the gate before it takes the mark': { configuration: GATED, invariant: KEPT },
  'moves the gate without a call': {
    configuration: 'a journal and a writer that sleeps at the gate',
    invariant: PROGRESS,
  },
  'looks who writes late before it closes': { configuration: GATED, invariant: KEPT },
  'does not wait for who writes late': { configuration: GATED, invariant: KEPT },
  'looks what is closed before it says what it writes to': { configuration: GATED, invariant: KEPT },
  'marks the event before its cell': { configuration: GATED, invariant: KEPT },
  'reads the state before it takes the mark': { configuration: LEAVES, invariant: KEPT },
  'takes marks of what is not in the journal': { configuration: LEAVES, invariant: KEPT },
  'forgets what it took before the last state': {
    configuration: 'a journal and a thread that writes another reward beside two that set one',
    invariant: 'the journal has the newest of two',
  },
  'leaves what a dead thread was writing to': {
    configuration: 'a journal and a thread that dies while it writes late',
    invariant: ENDING,
  },
  'journals what is being written': { configuration: GATED, invariant: 'a journaled event is whole' },
  'takes a place by load and store': { configuration: 'an outbox of 2 places', invariant: PROGRESS },
  'gives a place over before its entry': {
    configuration: 'an outbox of 2 places',
    invariant: 'what is taken was posted, and not taken before',
  },
  'frees a place before it has read it': {
    configuration: 'an outbox of 2 places',
    invariant: 'what is taken was posted, and not taken before',
  },
  'answers behind a post under way': { configuration: ASKED, invariant: 'an answer comes behind what was posted' },
  'counts posts before it notes the question': {
    configuration: ASKED,
    invariant: 'an answer comes behind what was posted',
  },
  'counts the last posts before it ends posting': {
    configuration: 'an outbox of 2 places in which posting ends',
    invariant: 'what was posted is taken',
  },
  'notes the question after it has looked': {
    configuration: 'two that ask whether the journal has what they wrote',
    invariant: 'an answer comes behind what was asked for',
  },
  'takes the flag down after it has woken': { configuration: SLEEPERS, invariant: PROGRESS },
  'wakes before it calls': { configuration: SLEEPERS, invariant: PROGRESS },
}
