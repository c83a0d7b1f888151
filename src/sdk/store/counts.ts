import type { EventMessage } from '../wire-types.ts'

/** Changes that are remembered. With an older marker the conversation is fetched again. */
const MAX_REMEMBERED = 200

export interface Counts {
  last_read_seq: number
  unread_count: number
  mention_count: number
}

/** The effect of one change on the viewer's counts: an own message, a message of another user, or a deletion. */
export interface Counted {
  readonly change: number
  readonly seq: number
  readonly kind: 'own' | 'new' | 'gone'
  readonly mentions: 0 | 1
}

/** The effects after change `since`, in order. */
export interface Memory {
  readonly since: number
  readonly changes: readonly Counted[]
}

/** null: no effect. System messages are never unread, and deleting an own message changes no count. */
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

/** The counts now, from those at `at_change`. null: the effects since then are not remembered. */
export function countsNow({ at_change, ...counts }: Counts & { at_change: number }, memory: Memory): Counts | null {
  if (at_change < memory.since) return null
  return memory.changes.filter(({ change }) => change > at_change).reduce(after, counts)
}
