import type { EventMessage } from '../../contracts/entities.ts'

/** Changes remembered; a marker that is older cannot be placed, and the conversation is fetched again. */
const MAX_REMEMBERED = 200

export interface Counts {
  last_read_seq: number
  unread_count: number
  mention_count: number
}

/** What one change did to the viewer's counts: an own message read everything, another's became unread, or was deleted. */
export interface Counted {
  readonly change: number
  readonly seq: number
  readonly kind: 'own' | 'new' | 'gone'
  readonly mentions: 0 | 1
}

/** All that changed the counts after `since`. */
export interface Memory {
  readonly since: number
  readonly changes: readonly Counted[]
}

/** null: it counts for nothing. System messages are never unread, and deleting an own one changes no count. */
export function countedOf(
  kind: 'created' | 'deleted',
  { type, sender_id, mentions, seq, change }: EventMessage,
  viewer_id: string,
): Counted | null {
  if (type === 'system') return null
  const own = sender_id === viewer_id
  if (own && kind === 'deleted') return null
  const mentioned = mentions.includes(viewer_id) ? 1 : 0
  return { change, seq, kind: own ? 'own' : kind === 'created' ? 'new' : 'gone', mentions: mentioned }
}

export function remember({ since, changes }: Memory, next: Counted): Memory {
  const [oldest, ...rest] = changes
  if (!oldest || changes.length < MAX_REMEMBERED) return { since, changes: [...changes, next] }
  return { since: oldest.change, changes: [...rest, next] }
}

/** The counts after one change. */
export function after(counts: Counts, { kind, seq, mentions }: Counted): Counts {
  const { last_read_seq, unread_count, mention_count } = counts
  switch (kind) {
    case 'own':
      return { last_read_seq: Math.max(last_read_seq, seq), unread_count: 0, mention_count: 0 }
    case 'new':
      return { last_read_seq, unread_count: unread_count + 1, mention_count: mention_count + mentions }
    case 'gone':
      if (seq <= last_read_seq) return counts
      return { last_read_seq, unread_count: unread_count - 1, mention_count: mention_count - mentions }
  }
}

/** The counts now, from what they were at `at_change`. null: what has happened since then is not remembered. */
export function countsNow({ at_change, ...counts }: Counts & { at_change: number }, memory: Memory): Counts | null {
  if (at_change < memory.since) return null
  return memory.changes.filter(({ change }) => change > at_change).reduce(after, counts)
}
