import type { Caller } from '../../context.ts'
import { canFind } from '../../domain/access.ts'
import type { Storage } from '../../ports/storage.ts'
import { load } from '../conversations/load.ts'
import type { Access } from '../conversations/view.ts'

interface Deps {
  storage: Pick<Storage, 'conversations' | 'members'>
  caller: Caller
  fail: (code: 'not_found') => never
}

/** A group and the caller's membership; fails with `not_found` for a direct conversation too. */
export async function loadGroup(deps: Deps, conversation_id: string): Promise<Access> {
  const access = await load(deps, conversation_id)
  return access.conversation.type === 'group' ? access : deps.fail('not_found')
}

/** As `loadGroup`, and a public group for everybody. */
export async function findGroup({ storage, caller, fail }: Deps, conversation_id: string): Promise<Access> {
  const [conversation, member] = await Promise.all([
    storage.conversations.find(conversation_id),
    storage.members.find(conversation_id, caller.id),
  ])
  if (conversation?.type !== 'group' || !canFind(caller.user, member, conversation)) return fail('not_found')
  return { conversation, member }
}

interface MemberDeps extends Deps {
  fail: (code: 'not_found' | 'forbidden') => never
}

/** For changes of members: those of a direct conversation cannot change, which is 403. */
export async function loadPeople(deps: MemberDeps, conversation_id: string): Promise<Access> {
  const access = await load(deps, conversation_id)
  return access.conversation.type === 'group' ? access : deps.fail('forbidden')
}
