import type { AnyEntry, ConversationEntry } from './entry.ts'

/**
 * An entry without the text of a deleted message: what replay serves from then on. The entry itself stays, so that the
 * stream has no gap and a repeat of the send is still recognised.
 */
export function blankMessage<T extends Pick<AnyEntry, 'event' | 'data'>>(entry: T): T {
  return { ...entry, data: { ...entry.data, content: null, attachments: [], metadata: null, reactions: [] } }
}

/** An entry of a purged conversation: neither what was said nor what it was called. */
export function blankEntry(entry: ConversationEntry): ConversationEntry {
  switch (entry.event) {
    case 'message.created':
    case 'message.updated':
    case 'message.deleted':
      return blankMessage(entry)
    case 'conversation.created':
      return {
        ...entry,
        data: { ...entry.data, conversation: { ...entry.data.conversation, name: null, topic: null } },
      }
    case 'conversation.updated': {
      const { conversation, message } = entry.data
      const data = {
        conversation: { ...conversation, name: null, topic: null },
        message: message && { ...message, metadata: null },
      }
      return { ...entry, data }
    }
    default:
      return entry
  }
}
