import { ConnectionLost, ParleyError } from './errors.ts'
import type { Kept } from './outbox-store.ts'
import type { Message } from './wire-types.ts'

/**
 * A message of the outbox. `waiting`: for its turn or the next attempt. `failed`: not sent any more unless `retry` is called.
 * `sent`: the server has stored it, and the view that is attached has not taken it over.
 */
export type OutboxEntry = Pick<Kept, 'client_id' | 'user_id' | 'draft' | 'local' | 'order'> &
  (
    | { readonly state: 'waiting' | 'sending' }
    | { readonly state: 'failed'; readonly reason: Error }
    | { readonly state: 'sent'; readonly message: Message }
  )

export function keptOf(entry: OutboxEntry, owner: string): Kept {
  const { client_id, user_id, draft, local, order } = entry
  const kept: Kept = { client_id, user_id, draft, order, owner, ...(local === undefined ? {} : { local }) }
  if (entry.state !== 'failed') return kept
  const { reason } = entry
  const problem = reason instanceof ParleyError ? { problem: reason.problem } : {}
  return { ...kept, failed: { message: reason.message, ...problem } }
}

export function entryOf({ client_id, user_id, draft, local, order, failed }: Kept): OutboxEntry {
  const entry = { client_id, user_id, draft, order, ...(local === undefined ? {} : { local }) }
  if (!failed) return { ...entry, state: 'waiting' }
  const reason = failed.problem ? new ParleyError(failed.problem) : new ConnectionLost(failed.message)
  return { ...entry, state: 'failed', reason }
}
