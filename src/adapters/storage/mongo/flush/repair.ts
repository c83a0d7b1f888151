import { Unavailable } from '../../../../ports/storage.ts'
import type { LeaseRow } from '../rows/rows.ts'
import type { InFlightLeases } from './leases.ts'

export interface Settles {
  settle(stream: string): Promise<void>
}

/**
 * Finishes the flushes of processes that died. Leases of live processes are settled too, which changes nothing for them; a
 * lease is removed only when its heartbeat is old.
 */
export async function repair(leases: InFlightLeases, appenders: Record<LeaseRow['type'], Settles>): Promise<void> {
  for (const lease of await leases.others()) {
    const results = await Promise.allSettled(lease.streams.map(stream => appenders[lease.type].settle(stream)))
    const failures = results.flatMap((result): unknown[] => (result.status === 'rejected' ? [result.reason] : []))
    const away = failures.find(reason => reason instanceof Unavailable)
    if (away) throw away
    // A stream that contradicts itself fails its own calls; it keeps neither the store closed nor the lease.
    await leases.remove(lease)
  }
}
