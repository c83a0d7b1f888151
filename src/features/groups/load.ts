import type { Caller } from '../../context.ts'
import { canFind } from '../../domain/access.ts'
import type { Storage } from '../../ports/storage.ts'
import { find, load } from '../conversations/load.ts'
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
export async function findGroup(deps: Deps, conversation_id: string): Promise<Access> {
  const access = await find(deps, conversation_id)
  if (access?.conversation.type !== 'group') return deps.fail('not_found')
  return canFind(deps.caller.user, access.member, access.conversation) ? access : deps.fail('not_found')
}

interface MemberDeps extends Deps {
  fail: (code: 'not_found' | 'forbidden') => never
}

/** For changes of members: those of a direct conversation cannot change, which is 403. */
export async function loadPeople(deps: MemberDeps, conversation_id: string): Promise<Access> {
  const access = await load(deps, conversation_id)
  return access.conversation.type === 'group' ? access : deps.fail('forbidden')
}
