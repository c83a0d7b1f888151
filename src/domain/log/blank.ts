import type { AnyEntry, Entry } from './entry.ts'

/**
 * An entry without the text of a deleted message, which replay serves from then on. The entry stays, so that the stream has
 * no gap and a repeat of the send is still recognised.
 */
export function blankMessage<T extends Pick<AnyEntry, 'event' | 'data'>>(entry: T): T {
  return { ...entry, data: { ...entry.data, content: null, attachments: [], metadata: null, reactions: [] } }
}

/** The data of a `conversation.joined` without name, topic and avatar of its purged conversation. */
export function blankJoined({
  conversation,
}: Entry<'conversation.joined'>['data']): Entry<'conversation.joined'>['data'] {
  return { conversation: { ...conversation, name: null, topic: null, avatar_file_id: null } }
}
