/**
 * What a query wants of each of its pages.
 *
 * @module
 */

import type { Conditions } from './conditions.js'
import type { QueryLimits } from './limits.js'
import type { Ordering } from './order.js'

/** What is wanted of every page. */
export interface PageRequest {
  readonly conditions: Conditions
  readonly ordering: Ordering
  /** Whether rows come with their metadata. */
  readonly metadata: boolean
  readonly limits: QueryLimits
}
