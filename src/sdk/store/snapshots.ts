import type { Conversation, Message, OutputOf } from '../wire-types.ts'
import type { Client } from '../client.ts'
import { MAX_KNOWN_BLOCKED } from './blocked.ts'
import { MAX_UNSHOWN, stateOf, type ConversationState } from './state.ts'

/** Conversations or messages per page. */
const PAGE = 100
/** Messages of a conversation that are fetched again: the newest of those that were loaded. */
const MAX_FETCHED = 1_000
/** Sorts a time after itself, and before the next millisecond. */
const AFTER = '~'

/** The whole inbox in its order, and whom the viewer has blocked. */
export async function fetchInbox(client: Client) {
  const found = new Map<string, Conversation>()
  const { data, has_more } = await client.contacts.list({ blocked: true, limit: MAX_KNOWN_BLOCKED })
  let start: string | null = null
  do {
    const page: OutputOf<'conversations.inbox'> = await client.conversations.inbox({
      limit: PAGE,
      ...(start === null ? {} : { start }),
    })
    for (const conversation of page.data) found.set(conversation.id, conversation)
    start = page.next_start
  } while (start !== null)
  const blocked = { ids: data.map(({ contact_id }) => contact_id), more: has_more }
  return { conversations: [...found.values()], blocked }
}

/** The states of an inbox, last one first. */
export function* statesOf(
  conversations: readonly Conversation[],
  before: ReadonlyMap<string, ConversationState>,
): Generator<ConversationState> {
  let below = { activity: '', id: '' }
  for (let index = conversations.length; index > 0; index -= 1) {
    const conversation = conversations[index - 1]
    if (!conversation) continue
    const { id } = conversation
    // The server lists a conversation above those that were active before it, also where its clock has gone back since.
    const activity = below.activity + (id < below.id ? AFTER : '')
    const state = stateOf(conversation, [], { most: before.get(id)?.most ?? MAX_UNSHOWN, activity })
    below = { activity: state.activity, id }
    yield state
  }
}

/** The newest messages, back to the one with this seq. */
export async function fetchMessages(client: Client, conversation_id: string, seq: number): Promise<Message[]> {
  const messages: Message[] = []
  let start: string | null = null
  do {
    const page: OutputOf<'messages.list'> = await client.messages.list({
      conversation_id,
      sort: 'desc',
      limit: PAGE,
      ...(start === null ? {} : { start }),
    })
    messages.push(...page.data.filter(message => message.seq >= seq))
    start = (messages.at(-1)?.seq ?? seq) > seq && messages.length < MAX_FETCHED ? page.next_start : null
  } while (start !== null)
  return messages
}
