import type { ConversationRecord, MemberRecord } from '../../domain/records.ts'
import { canSee } from '../../domain/access.ts'
import type { Caller } from '../../context.ts'
import type { Storage } from '../../ports/storage.ts'
import type { Place } from './view.ts'

/** Read in one piece; each further one repeats the last of the one before. */
const MEMBERS_AT_ONCE = 1_000

interface Uses {
  storage: Pick<Storage, 'conversations' | 'members'>
  caller: Caller
  fail: (code: 'not_found') => never
}

/** The conversation and the caller's seat; 404 where it is absent or none of the caller's business. */
export async function load({ storage, caller, fail }: Uses, conversation_id: string): Promise<Place> {
  const [conversation, member] = await Promise.all([
    storage.conversations.find(conversation_id),
    storage.members.find(conversation_id, caller.id),
  ])
  if (!conversation || !canSee(caller.user, member)) return fail('not_found')
  return { conversation, member }
}

interface SeatUses extends Uses {
  fail: (code: 'not_found' | 'forbidden') => never
}

/** As `load`, for what only members do: an ADMIN without a seat gets 403. */
export async function loadSeat(
  uses: SeatUses,
  conversation_id: string,
): Promise<{ conversation: ConversationRecord; member: MemberRecord }> {
  const { conversation, member } = await load(uses, conversation_id)
  return member ? { conversation, member } : uses.fail('forbidden')
}

/** Every member of a conversation, however many. */
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
