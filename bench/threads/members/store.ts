/**
 * Member: stores its share of records in a loop inside a module, into memory of its own: the machine's ceiling.
 *
 * @module
 */

import { Floors } from '../../harness/floors.js'
import { serve } from '../member.js'

/** What it is told. */
export interface StoreData {
  floors: string
  capacity: number
}

serve(({ floors, capacity }: StoreData, size) => {
  const { run } = new Floors(new URL(floors), capacity).storeRecords().case
  return (n) => run(n / size)
})
