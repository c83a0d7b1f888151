import type { DraftOf } from '../../domain/log/entry.ts'
import type { MemberRecord } from '../../domain/records.ts'
import type { Storage } from '../../ports/storage.ts'

/** What the end of a membership appends: the last owner hands over to the oldest admin, else the oldest member (specification, Groups). */
export async function leaveDrafts(
  storage: Pick<Storage, 'members'>,
  { conversation_id, user_id, role }: MemberRecord,
  actor_id: string,
): Promise<DraftOf<'member.updated' | 'member.removed'>[]> {
  const removed = { event: 'member.removed' as const, actor_id, user_ids: [user_id] }
  if (role !== 'owner' || (await storage.members.hasOtherOwner(conversation_id, user_id))) return [removed]
  const heir = await storage.members.successor(conversation_id, user_id)
  return heir ? [{ event: 'member.updated', user_id: heir.user_id, role: 'owner' }, removed] : [removed]
}
