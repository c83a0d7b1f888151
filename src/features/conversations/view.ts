import type { Conversation, Me } from '../../../contracts/entities.ts'
import { permissionsNow } from '../../../contracts/permissions.ts'
import { INLINE_PARTICIPANTS } from '../../../contracts/entities.ts'
import { toEventConversation, toMember } from '../../domain/log/wire.ts'
import { toMessage } from '../../domain/messages.ts'
import type { ConversationRecord, MemberRecord, UserRecord } from '../../domain/records.ts'
import { marker } from '../../domain/unread.ts'
import type { Storage } from '../../ports/storage.ts'

type Reads = Pick<Storage, 'members' | 'messages'>
type Viewer = Pick<UserRecord, 'id' | 'role'>

/** A conversation and the viewer's membership in it; null: the viewer is not a member. */
export interface Access {
  conversation: ConversationRecord
  member: MemberRecord | null
}

/** The viewer's own membership and settings as the API shows them. */
export async function toMe(
  storage: Reads,
  viewer: Viewer,
  member: MemberRecord,
  conversation: ConversationRecord,
): Promise<Me> {
  const last_read_seq = marker(member)
  const counts =
    last_read_seq >= conversation.last_seq
      ? { unread_count: 0, mention_count: 0 }
      : await storage.members.counts(member, last_read_seq)
  const { role, muted_until, pinned, archived, notify } = member
  const permissions = permissionsNow(viewer.role, role, conversation)
  return { role, last_read_seq, ...counts, muted_until, pinned, archived, notify, permissions }
}

/** Conversations as the viewer sees them, in the order given. */
export async function toConversations(
  storage: Reads,
  viewer: Viewer,
  accesses: readonly Access[],
): Promise<Conversation[]> {
  const latest = await storage.messages.latest(accesses.map(access => access.conversation))
  const latestOf = new Map(latest.map(message => [message.conversation_id, message]))
  return Promise.all(
    accesses.map(async ({ conversation, member }) => {
      const [participants, me] = await Promise.all([
        storage.members.first(conversation.id, INLINE_PARTICIPANTS),
        member && toMe(storage, viewer, member, conversation),
      ])
      const last = latestOf.get(conversation.id)
      return {
        ...toEventConversation(conversation, participants.map(toMember)),
        last_message: last ? toMessage(last, viewer.id) : null,
        me,
      }
    }),
  )
}

export async function toConversation(storage: Reads, viewer: Viewer, access: Access): Promise<Conversation> {
  const [conversation] = await toConversations(storage, viewer, [access])
  if (!conversation) throw new Error('one access gives one conversation')
  return conversation
}
