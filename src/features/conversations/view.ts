import type { Conversation, Me } from '../../../contracts/entities.ts'
import { permissionsNow } from '../../../contracts/permissions.ts'
import { INLINE_PARTICIPANTS } from '../../../contracts/entities.ts'
import { canSee } from '../../domain/access.ts'
import { toEventConversation, toMember } from '../../domain/log/wire.ts'
import { toMessage } from '../../domain/messages.ts'
import type { ConversationRecord, MemberRecord, UserRecord } from '../../domain/records.ts'
import { marker } from '../../domain/unread.ts'
import type { InboxEntry, Storage } from '../../ports/storage.ts'

type Reads = Pick<Storage, 'members' | 'messages'>
type Viewer = Pick<UserRecord, 'id' | 'role'>

/** A conversation and the viewer's membership in it; null: the viewer is not a member. */
export interface Access {
  conversation: ConversationRecord
  member: MemberRecord | null
}

/** The viewer's own memberships and settings as the API shows them, by conversation. */
export async function toMes(
  storage: Reads,
  viewer: Viewer,
  memberships: readonly InboxEntry[],
): Promise<Map<string, Me>> {
  const counts = memberships.length > 0 ? await storage.members.unread(viewer.id, memberships) : []
  return new Map(
    memberships.map(({ member, conversation }, index) => {
      const { role, muted_until, pinned, archived, notify } = member
      const permissions = permissionsNow(viewer.role, role, conversation)
      const { unread_count, mention_count } = counts[index] ?? { unread_count: 0, mention_count: 0 }
      const unread = { last_read_seq: marker(member), unread_count, mention_count }
      return [conversation.id, { role, ...unread, muted_until, pinned, archived, notify, permissions }]
    }),
  )
}

export async function toMe(storage: Reads, viewer: Viewer, membership: InboxEntry): Promise<Me> {
  const me = (await toMes(storage, viewer, [membership])).get(membership.conversation.id)
  if (!me) throw new Error('one membership gives one entry')
  return me
}

/** Conversations as the viewer sees them, in the order given. */
export async function toConversations(
  storage: Reads,
  viewer: Viewer,
  accesses: readonly Access[],
): Promise<Conversation[]> {
  if (accesses.length === 0) return []
  const conversations = accesses.map(access => access.conversation)
  const memberships = accesses.flatMap(({ conversation, member }) => (member ? [{ conversation, member }] : []))
  const [latest, participants, mes] = await Promise.all([
    storage.messages.latest(conversations),
    storage.members.firstOfEach(
      conversations.map(({ id }) => id),
      INLINE_PARTICIPANTS,
    ),
    toMes(storage, viewer, memberships),
  ])
  const latestOf = new Map(latest.map(message => [message.conversation_id, message]))
  return accesses.map(({ conversation, member }) => {
    const last = latestOf.get(conversation.id)
    return {
      ...toEventConversation(conversation, (participants.get(conversation.id) ?? []).map(toMember)),
      last_message: last && canSee(viewer, member) ? toMessage(last, viewer.id) : null,
      me: mes.get(conversation.id) ?? null,
    }
  })
}

export async function toConversation(storage: Reads, viewer: Viewer, access: Access): Promise<Conversation> {
  const [conversation] = await toConversations(storage, viewer, [access])
  if (!conversation) throw new Error('one access gives one conversation')
  return conversation
}
