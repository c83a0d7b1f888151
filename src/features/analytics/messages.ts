import type { OutputOf } from '../../../contracts/index.ts'
import { bucketOf } from '../../domain/analytics/calendar.ts'
import { eachCount, monthsOf } from '../../domain/analytics/sheets.ts'
import type { Storage } from '../../ports/storage.ts'
import { isoOf, type Span } from './span.ts'
import { topsOf, type Top } from './tops.ts'

interface Filter {
  conversation_id?: string | undefined
  user_id?: string | undefined
}

type Answer = OutputOf<'analytics.messages'>
type Stores = Pick<Storage, 'rollups' | 'conversations' | 'users'>

/** The numbers of messages in the span, of one conversation and one sender if they are given. */
export async function messageAnalytics(storage: Stores, span: Span, filter: Filter): Promise<Answer> {
  const { edges, from, to, answered } = span
  const scope = { conversation_id: filter.conversation_id ?? '', sender_id: filter.user_id ?? '' }
  const counts = edges.slice(1).map(() => 0)
  const by_type: Record<string, number> = {}
  for (const month of monthsOf(from, to)) {
    for (const sheet of await storage.rollups.sheets(scope, [month]))
      eachCount(sheet, (at, count, type) => {
        const bucket = bucketOf(edges, at)
        if (bucket === -1) return
        counts[bucket] = (counts[bucket] ?? 0) + count
        by_type[type] = (by_type[type] ?? 0) + count
      })
    // A month has thousands of numbers: calls of others come in between.
    await new Promise<void>(resolve => setImmediate(resolve))
  }
  const total = counts.reduce((sum, count) => sum + count, 0)
  const only = (id: string): Top[] => (total > 0 ? [{ id, count: total }] : [])
  const { conversation_id, sender_id } = scope
  const [conversations, senders] = await Promise.all([
    conversation_id ? only(conversation_id) : topsOf(storage.rollups, 'conversation', sender_id, from, to),
    sender_id ? only(sender_id) : topsOf(storage.rollups, 'sender', conversation_id, from, to),
  ])
  return {
    ...answered,
    total,
    series: counts.map((count, index) => ({ at: isoOf(edges[index] ?? from), count })),
    by_type,
    top_conversations: await namedConversations(storage, conversations),
    top_senders: await namedSenders(storage, senders),
  }
}

function namedConversations({ conversations }: Stores, tops: readonly Top[]) {
  return Promise.all(
    tops.map(async ({ id, count }) => {
      const conversation = await conversations.find(id)
      return { conversation_id: id, name: conversation?.name ?? null, count }
    }),
  )
}

async function namedSenders({ users }: Stores, tops: readonly Top[]) {
  const names = new Map((await users.findMany(tops.map(({ id }) => id))).map(user => [user.id, user.full_name]))
  return tops.map(({ id, count }) => ({ user_id: id, full_name: names.get(id) ?? null, count }))
}
