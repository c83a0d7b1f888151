import type { Session } from '../../../contracts/entities.ts'
import type { SessionRecord } from '../../domain/records.ts'

/** A session as its user sees it. `current_id`: the session of the call that asks. */
export function toSession(session: SessionRecord, current_id: string): Session {
  const { id, user_agent, address, created_at, last_used_at, expires_at } = session
  return { id, current: id === current_id, user_agent, address, created_at, last_used_at, expires_at }
}
