import type { Override, Status } from '../../contracts/entities.ts'

/** What a user set as status, and when they were last active. Absent: nothing was set, and they were never active. */
export interface StatusRecord {
  user_id: string
  /** null: none, so that presence follows from the connections. */
  presence: Override | null
  text: string | null
  emoji: string | null
  /** When override, text and emoji end; null: never. */
  expires_at: string | null
  /** When the user's last connection ended. */
  last_active_at: string | null
}
export type StatusPatch = Partial<Pick<StatusRecord, 'presence' | 'text' | 'emoji' | 'expires_at'>>

export function noStatus(user_id: string): StatusRecord {
  return { user_id, presence: null, text: null, emoji: null, expires_at: null, last_active_at: null }
}

/** What is left at `expires_at` of what was set. */
export const ENDED = { presence: null, text: null, emoji: null, expires_at: null } as const satisfies StatusPatch

/** The record as it holds at `now`: after `expires_at` without override, text and emoji. */
export function present(record: StatusRecord, now: string): StatusRecord {
  return record.expires_at === null || record.expires_at > now ? record : { ...record, ...ENDED }
}

/** Whether the user chose to look offline. */
export function chooseOffline(record: StatusRecord, now: string): boolean {
  const { presence } = present(record, now)
  return presence === 'invisible' || presence === 'offline'
}

/** The status as the user sees it. `connected_at`: when they connected, null without a connection on any node. */
export function statusOf(record: StatusRecord, connected_at: string | null, now: string): Status {
  const { user_id, presence, text, emoji, expires_at, last_active_at } = present(record, now)
  const active = [last_active_at, connected_at].flatMap(at => at ?? []).toSorted()
  return {
    user_id,
    presence: presence ?? (connected_at === null ? 'offline' : 'online'),
    text,
    emoji,
    expires_at,
    last_active_at: active.at(-1) ?? null,
  }
}

/** The status as others see it: an invisible user looks offline (specification, Status). */
export function shownStatus(status: Status): Status {
  return status.presence === 'invisible' ? hiddenStatus(status.user_id) : status
}

/** What is seen of a user whose status is hidden. */
export function hiddenStatus(user_id: string): Status {
  return { user_id, presence: 'offline', text: null, emoji: null, expires_at: null, last_active_at: null }
}
