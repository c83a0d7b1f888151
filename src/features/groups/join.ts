import type { Conversation } from '../../../contracts/entities.ts'
import type { Caller, Commit } from '../../context.ts'
import type { Join } from '../../domain/log/entry.ts'
import type { ConversationRecord } from '../../domain/records.ts'
import type { Storage } from '../../ports/storage.ts'
import { load } from '../conversations/load.ts'
import { toConversation } from '../conversations/view.ts'

interface Deps {
  storage: Pick<Storage, 'conversations' | 'members' | 'messages'>
  caller: Caller
  commit: Commit<'member.added'>
  fail: (code: 'not_found') => never
}

/** The caller joins on their own. Whether they may is decided inside the append (`Join`), which throws if they may not. */
export async function join(context: Deps, conversation: ConversationRecord, by: Join): Promise<Conversation> {
  const { caller, storage, commit } = context
  const members = [{ user_id: caller.id, role: 'member' as const }]
  await commit({ conversation }, { event: 'member.added', actor_id: caller.id, members, join: by })
  return toConversation(storage, caller.user, await load(context, conversation.id))
}
