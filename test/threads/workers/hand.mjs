/**
 * The worker thread of a crew; see support/crew.mjs.
 *
 * @module
 */

import { serve } from '../support/serve.mjs'
import * as journaling from './journaling.mjs'
import * as membership from './membership.mjs'
import * as reading from './reading.mjs'
import * as sampling from './sampling.mjs'
import * as scoring from './scoring.mjs'
import * as working from './working.mjs'
import * as writing from './writing.mjs'

serve({ ...journaling, ...membership, ...reading, ...sampling, ...scoring, ...working, ...writing })
