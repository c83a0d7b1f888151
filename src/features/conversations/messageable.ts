import type { Caller } from '../../context.ts'
import { messageRefusal } from '../../domain/blocking.ts'
import type { ConversationRecord } from '../../domain/records.ts'
import type { Storage } from '../../ports/storage.ts'

interface Deps {
  caller: Pick<Caller, 'id'>
  storage: Pick<Storage, 'contacts' | 'members' | 'users'>
  fail: (code: 'cannot_message_user' | 'user_blocked') => never
}

/** Fails if this is a direct conversation in which the caller may not write to the other user (specification, Contacts). */
export async function checkMessageable(
  { caller, storage, fail }: Deps,
  conversation: Pick<ConversationRecord, 'id' | 'type'>,
): Promise<void> {
  if (conversation.type !== 'direct') return
  const members = await storage.members.first(conversation.id, 2)
  const other = members.find(member => member.user_id !== caller.id)?.user_id ?? ''
  const [user, relations] = await Promise.all([
    storage.users.find(other),
    storage.contacts.relations(caller.id, [other]),
  ])
  const refusal = messageRefusal(user, relations.get(other))
  if (refusal) fail(refusal)
}
