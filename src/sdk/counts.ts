import type { EventMessage } from '../../contracts/entities.ts'

/** Changes remembered; a marker older than that cannot be placed, and the conversation is fetched again. */
const MOST_REMEMBERED = 1_000

/** A change that moved the unread counts, or the marker. */
export interface Counted {
  change: number
  kind: 'created' | 'deleted'
  message: EventMessage
}

interface Marker {
  last_read_seq: number
  unread_count: number
  mention_count: number
  /** The change of the conversation that the two counts are of. */
  at_change: number
}

export function remember(counted: readonly Counted[], next: Counted): Counted[] {
  return [...counted.slice(-MOST_REMEMBERED + 1), next]
}

/**
 * The marker and counts at `change`, from what they were at `at_change` and what has happened since. Own messages move the
 * marker to themselves; system messages and own ones are never unread. null: too much has happened to be remembered.
 */
export function countsAfter(
  { last_read_seq, unread_count, mention_count, at_change }: Marker,
  counted: readonly Counted[],
  change: number,
  viewer_id: string,
): Omit<Marker, 'at_change'> | null {
  const oldest = counted[0]
  if (counted.length >= MOST_REMEMBERED && oldest && oldest.change > at_change + 1) return null
  let now = { last_read_seq, unread_count, mention_count }
  for (const { change: at, kind, message } of counted) {
    if (at <= at_change || at > change || message.type === 'system') continue
    const own = message.sender_id === viewer_id
    const mentions = message.mentions.includes(viewer_id) ? 1 : 0
    if (kind === 'created')
      now = own
        ? { last_read_seq: Math.max(now.last_read_seq, message.seq), unread_count: 0, mention_count: 0 }
        : { ...now, unread_count: now.unread_count + 1, mention_count: now.mention_count + mentions }
    else if (!own && message.seq > now.last_read_seq)
      now = { ...now, unread_count: now.unread_count - 1, mention_count: now.mention_count - mentions }
  }
  return now
}
