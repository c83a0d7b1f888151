import type { EventData } from '../../../contracts/events.ts'
import type { MessageRecord } from '../../domain/records.ts'
import type { IndexChange } from '../../ports/search.ts'
import type { StoredEntry } from '../../ports/storage.ts'

type Indexable = Pick<
  MessageRecord,
  | 'id'
  | 'conversation_id'
  | 'seq'
  | 'change'
  | 'sender_id'
  | 'type'
  | 'content'
  | 'attachments'
  | 'created_at'
  | 'deleted_at'
>

/** What a message means for the index: its text is put, or removed where it has none (any more). null: it never had one. */
export function changeOf(message: Indexable): IndexChange | null {
  if (message.type === 'system') return null
  const { id, conversation_id, seq, change, sender_id, type, content, attachments, created_at, deleted_at } = message
  if (content === null || deleted_at !== null) return { kind: 'remove', id, conversation_id, seq }
  const has_file = attachments.length > 0
  return { kind: 'put', message: { id, conversation_id, seq, change, sender_id, type, has_file, created_at, content } }
}

const OF_MESSAGES = new Set<string>(['message.created', 'message.updated', 'message.deleted'])

/** What an entry of a conversation changes in the index. One that a purge has blanked has no fields, and changes nothing. */
export function changesOf({ event, stream, json }: StoredEntry): IndexChange[] {
  if (event === 'conversation.deleted') return [{ kind: 'purge', conversation_id: stream }]
  if (!OF_MESSAGES.has(event)) return []
  // Cast: `json` is the data of the event, and these events have a message; a blank one has no field.
  const message = JSON.parse(json) as EventData<'message.created'> | object
  const change = 'id' in message ? changeOf(message) : null
  return change ? [change] : []
}
