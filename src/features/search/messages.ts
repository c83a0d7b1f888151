import type { Contract } from '../../../contracts/index.ts'
import type { Input, Output } from '../../../contracts/kit.ts'
import type { SearchHit } from '../../../contracts/search.ts'
import type { Context } from '../../context.ts'
import { findable } from '../../domain/blocking.ts'
import { toMessage } from '../../domain/messages.ts'
import { toList } from '../../domain/paging.ts'
import type { ConversationRecord, MessageRecord } from '../../domain/records.ts'
import { highlightsOf } from '../../domain/search/match.ts'
import { MAX_QUERY_WORDS, parseQuery, type Query } from '../../domain/search/query.ts'
import { UnknownCursor, type SearchRequest } from '../../ports/search.ts'
import { load } from '../conversations/load.ts'

type Search = Contract['search']['messages']

/** Characters of messages that are compared before calls of others get their turn. */
const MAX_AT_ONCE = 2_000

interface Found {
  hit: SearchHit
  cursor: string
}

/**
 * The index names candidates; membership, deletion, filters and text are taken from storage at the time of the call, so that an
 * index that is behind shows nothing that it should not. Candidates are read until the page is full or there are no more.
 */
export async function messages(context: Context<Search>, input: Input<Search>): Promise<Output<Search>> {
  const { fail } = context
  if (input.q === undefined && input.sender_id === undefined && input.type === undefined && input.has === undefined)
    return fail('validation_failed', { errors: [{ path: 'q', message: 'is required without sender_id, type or has' }] })
  const words = input.q === undefined ? undefined : parseQuery(input.q)
  if (words === null)
    return fail('validation_failed', { errors: [{ path: 'q', message: `must have at most ${MAX_QUERY_WORDS} words` }] })
  const conversations = await searched(context, input)
  try {
    const found = (await maySearchSender(context, input))
      ? await page(context, input, words ?? null, conversations)
      : []
    const cursors = new Map(found.map(({ hit, cursor }) => [hit.message.id, cursor]))
    const idOf = ({ message }: SearchHit) => message.id
    return toList(
      found.map(({ hit }) => hit),
      input.limit,
      idOf,
      next => cursors.get(idOf(next)) ?? '',
    )
  } catch (error) {
    if (!(error instanceof UnknownCursor)) throw error
    const errors = [{ path: 'start', message: 'must be the next_start of the previous page' }]
    return fail('validation_failed', { errors })
  }
}

/** Nothing is found by a sender who has blocked the caller. An account that was disabled or deleted hides no messages. */
async function maySearchSender({ caller, storage }: Context<Search>, { sender_id }: Input<Search>): Promise<boolean> {
  if (sender_id === undefined || sender_id === caller.id) return true
  const relations = await storage.contacts.relations(caller.id, [sender_id])
  return findable(caller.user, { disabled: false, deleted: false }, relations.get(sender_id))
}

/** The conversations of which the caller is a member now, or the one that is named, if the caller may read it. */
async function searched(context: Context<Search>, input: Input<Search>): Promise<Map<string, ConversationRecord>> {
  const conversations =
    input.conversation_id === undefined
      ? (await context.storage.members.ofUser(context.caller.id)).map(({ conversation }) => conversation)
      : [(await load(context, input.conversation_id)).conversation]
  return new Map(conversations.map(conversation => [conversation.id, conversation]))
}

/** One hit more than the page has, if there are so many: the next page begins with it. */
async function page(
  { caller, storage, searchIndex }: Context<Search>,
  input: Input<Search>,
  query: Query | null,
  conversations: ReadonlyMap<string, ConversationRecord>,
): Promise<Found[]> {
  const request = { ...requestOf(input, query, conversations), limit: input.limit + 1 }
  const found = new Map<string, Found>()
  let { start } = input
  let compared = 0
  for (;;) {
    const hits = await searchIndex.search(start === undefined ? request : { ...request, start })
    const records = await storage.messages.findMany(hits.map(({ id }) => id))
    const messages = new Map(records.map(message => [message.id, message]))
    for (const { id, cursor } of hits) {
      const message = messages.get(id)
      const conversation = message && conversations.get(message.conversation_id)
      if (!message || !conversation || !isWanted(message, input)) continue
      const content = message.content ?? ''
      if (compared + content.length > MAX_AT_ONCE) {
        await new Promise(setImmediate)
        compared = 0
      }
      compared += content.length
      const highlights = query === null ? [] : highlightsOf(content, query)
      if (!highlights) continue
      const { type, name } = conversation
      const hit = {
        message: toMessage(message, caller.id),
        highlights,
        conversation: { id: conversation.id, type, name },
      }
      found.set(id, { hit, cursor })
      if (found.size > input.limit) return [...found.values()]
    }
    const last = hits.at(-1)
    if (!last || hits.length < request.limit) return [...found.values()]
    // The next read begins with the last hit of this one.
    start = last.cursor
  }
}

function requestOf(
  { sender_id, type, has, from, to, sort }: Input<Search>,
  query: Query | null,
  conversations: ReadonlyMap<string, ConversationRecord>,
): Omit<SearchRequest, 'start' | 'limit'> {
  return {
    query,
    conversations: [...conversations.values()].map(({ id, last_seq }) => ({ id, last_seq })),
    // Without words all match alike.
    sort: query === null ? 'recent' : sort,
    ...(sender_id === undefined ? {} : { sender_id }),
    ...(type === undefined ? {} : { type }),
    ...(has === undefined ? {} : { has_file: true }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  }
}

/** Whether the filters admit the message as it is stored now. */
function isWanted(message: MessageRecord, { sender_id, type, has, from, to }: Input<Search>): boolean {
  if (message.content === null || message.deleted_at !== null || message.type === 'system') return false
  if (sender_id !== undefined && message.sender_id !== sender_id) return false
  if (type !== undefined && message.type !== type) return false
  if (has !== undefined && message.attachments.length === 0) return false
  return (from === undefined || message.created_at >= from) && (to === undefined || message.created_at < to)
}
