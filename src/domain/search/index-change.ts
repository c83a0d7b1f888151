import type { Message } from '../../../contracts/entities.ts'

/** What changes in the search index. */
export type IndexChange =
  /** The message as it is now, new or edited. */
  | { kind: 'put'; message: IndexedMessage }
  | { kind: 'remove'; conversation_id: string; seq: number; id: string }
  /** Removes all messages of the conversation. None is put afterwards. */
  | { kind: 'purge'; conversation_id: string }

export interface IndexedMessage {
  id: string
  conversation_id: string
  seq: number
  /** The change that gave the message this text. */
  change: number
  sender_id: string
  type: Message['type']
  has_file: boolean
  created_at: string
  content: string
}

export interface Outcome {
  /** By time of creation. */
  puts: IndexedMessage[]
  removals: Extract<IndexChange, { kind: 'remove' }>[]
  /** Conversations. */
  purges: string[]
}

/** What a list of changes, in their order, comes to: each message at most once, in its newest form. */
export function outcomeOf(changes: readonly IndexChange[]): Outcome {
  const puts = new Map<string, IndexedMessage>()
  const removals = new Map<string, Outcome['removals'][number]>()
  const purges = new Set<string>()
  for (const change of changes) {
    if (change.kind === 'purge') purges.add(change.conversation_id)
    else if (change.kind === 'remove') removals.set(change.id, change)
    else {
      const { message } = change
      const before = puts.get(message.id)
      if (!before || before.change <= message.change) puts.set(message.id, message)
    }
  }
  const stays = ({ id, conversation_id }: IndexedMessage) => !removals.has(id) && !purges.has(conversation_id)
  const inOrder = (a: IndexedMessage, b: IndexedMessage) =>
    a.created_at < b.created_at ? -1 : a.created_at > b.created_at ? 1 : a.seq - b.seq
  return { puts: [...puts.values()].filter(stays).sort(inOrder), removals: [...removals.values()], purges: [...purges] }
}
