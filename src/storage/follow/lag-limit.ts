/**
 * The limit on how far behind a follower may be, and whether writers are held because of it.
 *
 * @module
 */

import type { JournalHost } from '../durable/host.js'
import type { ResolvedFollow } from './options.js'

/** One follower's `maxLagBytes`. */
export class LagLimit {
  private readonly host: JournalHost
  private readonly options: ResolvedFollow
  private release: (() => void) | undefined

  constructor(host: JournalHost, options: ResolvedFollow) {
    this.host = host
    this.options = options
  }

  /** Whether writers are held. */
  get isHolding(): boolean {
    return this.release !== undefined
  }

  /** Holds the writers or lets them go on, and says so; `'exceeded'` where the policy is to detach. */
  check(lagBytes: number): 'held' | 'released' | 'exceeded' | undefined {
    const { name, maxLagBytes, detaches, report } = this.options
    if (this.release === undefined && lagBytes > maxLagBytes) {
      if (detaches) return 'exceeded'
      this.release = this.host.hold(`follower '${name}' is ${lagBytes} bytes behind, its limit is ${maxLagBytes}`)
      report({ name, kind: 'held', lagBytes, maxLagBytes })
      return 'held'
    }
    // At half the limit, so that the writers are not held again by their next write.
    if (this.release === undefined || lagBytes > maxLagBytes / 2) return undefined
    this.letGo()
    report({ name, kind: 'released', lagBytes })
    return 'released'
  }

  /** Lets the writers go on, if they are held. */
  letGo(): void {
    this.release?.()
    this.release = undefined
  }
}
