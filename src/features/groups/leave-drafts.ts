import type { DraftOf } from '../../domain/log/entry.ts'
import type { MemberRecord } from '../../domain/records.ts'
import { nextOwner } from '../../domain/roles.ts'
import type { Storage } from '../../ports/storage.ts'

/** The drafts that end a membership; when the last owner leaves, they name the next one (specification, Groups). */
export async function leaveDrafts(
  storage: Pick<Storage, 'members'>,
  { conversation_id, user_id, role }: MemberRecord,
  actor_id: string,
): Promise<DraftOf<'member.updated' | 'member.removed'>[]> {
  const removed = { event: 'member.removed' as const, actor_id, user_ids: [user_id] }
  if (role !== 'owner') return [removed]
  // One of the first two stays, and no other member is older.
  const [leaders, first] = await Promise.all([
    storage.members.leaders(conversation_id),
    storage.members.first(conversation_id, 2),
  ])
  const present = [...leaders, ...first]
  const successor = nextOwner(
    present,
    present.filter(member => member.user_id !== user_id),
  )
  return successor === null ? [removed] : [{ event: 'member.updated', user_id: successor, role: 'owner' }, removed]
}
