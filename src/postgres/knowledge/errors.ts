/**
 * What can be wrong with what callers say of policies.
 *
 * @module
 */

import { ExperienceError } from '../../errors.js'

/** There is no policy of this id, which was given as `role`. Nothing was changed. */
export class PolicyNotFoundError extends ExperienceError {
  static override readonly className: string = 'PolicyNotFoundError'

  constructor(role: string, policyId: number) {
    super('POLICY_NOT_FOUND', `${role} must be the policyId of a saved policy, there is none of ${policyId}`, {
      role,
      policyId,
    })
  }
}
