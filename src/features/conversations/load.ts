import type { MemberRole } from '../../../contracts/entities.ts'
import type { ConversationRecord, MemberRecord } from '../../domain/records.ts'
import { canSee } from '../../domain/access.ts'
import type { Caller } from '../../context.ts'
import type { Storage } from '../../ports/storage.ts'
import type { Access } from './view.ts'

/** Members per read. Each further read repeats the last member of the one before. */
const MEMBERS_AT_ONCE = 1_000

interface Deps {
  storage: Pick<Storage, 'conversations' | 'members'>
  caller: Caller
  fail: (code: 'not_found') => never
}

/** The conversation and the caller's membership, whether or not the caller may see it; null if there is none. */
export async function find(
  { storage, caller }: Pick<Deps, 'storage' | 'caller'>,
  conversation_id: string,
): Promise<Access | null> {
  const [conversation, member] = await Promise.all([
    storage.conversations.find(conversation_id),
    storage.members.find(conversation_id, caller.id),
  ])
  if (!conversation) return null
  if (!member || member.joined_change <= conversation.last_change) return { conversation, member }
  // The membership began after the conversation was read, so its present state is read.
  const present = await storage.conversations.find(conversation_id)
  return present && { conversation: present, member }
}

/** The conversation and the caller's membership; fails with `not_found` if the caller may not know that it exists. */
export async function load(deps: Deps, conversation_id: string): Promise<Access> {
  const access = await find(deps, conversation_id)
  return access && canSee(deps.caller.user, access.member) ? access : deps.fail('not_found')
}

/** A conversation and the caller's role in it. */
export interface RoleAccess {
  conversation: ConversationRecord
  member: { role: MemberRole } | null
}

/**
 * As `load`, for what depends on the role alone. An access that `suffices` need not be read anew: what is appended on it
 * conflicts if it is behind.
 */
export async function loadRole(
  { storage, caller, fail }: Deps,
  conversation_id: string,
  suffices: (access: RoleAccess) => boolean,
): Promise<RoleAccess> {
  const withRole = async (conversation: ConversationRecord | null): Promise<RoleAccess | null> => {
    if (!conversation) return null
    const role = await storage.members.roleIn(conversation, caller.id)
    return { conversation, member: role && { role } }
  }
  const recent = await withRole(await storage.conversations.recent(conversation_id))
  if (recent && suffices(recent)) return recent
  const access = await withRole(await storage.conversations.find(conversation_id))
  if (!access || !canSee(caller.user, access.member)) return fail('not_found')
  return access
}

interface MemberDeps extends Deps {
  fail: (code: 'not_found' | 'forbidden') => never
}

/** As `load`, for what only members may do: an ADMIN who is not a member gets 403. */
export async function loadMember(
  deps: MemberDeps,
  conversation_id: string,
): Promise<{ conversation: ConversationRecord; member: MemberRecord }> {
  const { conversation, member } = await load(deps, conversation_id)
  return member ? { conversation, member } : deps.fail('forbidden')
}

/** All members of a conversation. */
export async function everyMember(storage: Pick<Storage, 'members'>, conversation_id: string): Promise<MemberRecord[]> {
  const members: MemberRecord[] = []
  for (;;) {
    const last = members.at(-1)
    const page = await storage.members.list(conversation_id, {
      ascending: true,
      limit: MEMBERS_AT_ONCE + 1,
      ...(last ? { start: last.user_id } : {}),
    })
    members.push(...(last ? page.slice(1) : page))
    if (page.length <= MEMBERS_AT_ONCE) return members
  }
}
