import { Crash } from '../../../ports/storage-fault.ts'
import { Unavailable } from '../../../ports/storage.ts'
import type { Lanes } from './lanes.ts'
import type { LaneRow } from './rows.ts'

export interface Settles {
  settle(stream: string): Promise<void>
}

/**
 * Finishes what processes that died had begun. Lanes of living ones are settled too, which changes nothing for them; they
 * are forgotten only when they have been still for long.
 */
export async function repair(lanes: Lanes, of: Record<LaneRow['kind'], Settles>): Promise<void> {
  for (const lane of await lanes.others()) {
    const results = await Promise.allSettled(lane.streams.map(stream => of[lane.kind].settle(stream)))
    const failures = results.flatMap((result): unknown[] => (result.status === 'rejected' ? [result.reason] : []))
    const away = failures.find(reason => reason instanceof Unavailable || reason instanceof Crash)
    if (away) throw away
    // A stream that contradicts itself fails its own calls; it must not keep the store closed for all others.
    if (failures.length === 0) await lanes.forget(lane)
  }
}
