import { INLINE_PARTICIPANTS } from '../../../contracts/entities.ts'
import { hasEnded } from '../invites.ts'
import type { ConversationRecord, InviteRecord } from '../records.ts'
import type { DraftOf, Entry, Join } from './entry.ts'
import { entry, systemMessage, type EntryPosition } from './new-entry.ts'
import { Rejection, type State } from './state.ts'

export function memberAdded(
  draft: DraftOf<'member.added'>,
  conversation: ConversationRecord,
  state: State,
  position: EntryPosition,
): Entry<'member.added'> | Rejection | null {
  const { join } = draft
  const present = new Set(state.members.map(member => member.user_id))
  // Nobody else could become owner of a group that everybody has left.
  const founds = join !== undefined && conversation.participant_count === 0
  const members = draft.members
    .filter(member => !present.has(member.user_id))
    .map(({ user_id, role }) => ({ user_id, role: founds ? ('owner' as const) : role, joined_at: position.at }))
    .toSorted((a, b) => (a.user_id < b.user_id ? -1 : 1))
  if (members.length === 0) return null
  const refusal = join ? refusalOf(join, conversation, state.invite, position.at) : null
  if (refusal) return refusal
  const user_ids = members.map(member => member.user_id)
  const event = join ? 'member.joined' : 'member.added'
  const message = systemMessage(conversation, position, draft.actor_id, { event, user_ids })
  const participant_count = conversation.participant_count + members.length
  const invite = typeof join === 'object' && state.invite ? { code: join.code, uses: state.invite.uses + 1 } : null
  return entry(
    conversation,
    position,
    draft.event,
    { members, participant_count, message },
    { seq: message.seq, hidden: invite && { invite } },
  )
}

/** Why the actor may not join; null if they may. */
function refusalOf(
  join: Join,
  { id, disabled, visibility }: ConversationRecord,
  invite: InviteRecord | null,
  at: string,
): Rejection | null {
  const open = join === 'public' ? visibility === 'public' : invite?.conversation_id === id
  if (!open) return new Rejection('not_found')
  if (disabled) return new Rejection('conversation_disabled')
  return join !== 'public' && invite && hasEnded(invite, at) ? new Rejection('gone') : null
}

export function memberUpdated(
  draft: DraftOf<'member.updated'>,
  conversation: ConversationRecord,
  { members }: State,
  position: EntryPosition,
): Entry<'member.updated'> | Rejection | null {
  const member = members.find(({ user_id }) => user_id === draft.user_id)
  if (!member) return new Rejection('not_found')
  if (member.role === draft.role) return null
  return entry(conversation, position, draft.event, { user_id: draft.user_id, role: draft.role })
}

export function memberRemoved(
  draft: DraftOf<'member.removed'>,
  conversation: ConversationRecord,
  { members, participants }: State,
  position: EntryPosition,
): Entry<'member.removed'> | null {
  const present = new Set(members.map(member => member.user_id))
  const user_ids = draft.user_ids.filter(user_id => present.has(user_id))
  if (user_ids.length === 0) return null
  const left = user_ids.length === 1 && user_ids[0] === draft.actor_id
  const event = left ? 'member.left' : 'member.removed'
  const message = systemMessage(conversation, position, draft.actor_id, { event, user_ids })
  const participant_count = conversation.participant_count - user_ids.length
  const shown = participants.slice(0, INLINE_PARTICIPANTS)
  const stay = participants.filter(({ user_id }) => !user_ids.includes(user_id)).slice(0, INLINE_PARTICIPANTS)
  const moved_up = stay.filter(member => !shown.includes(member))
  const data = { user_ids, moved_up, participant_count, message }
  return entry(conversation, position, draft.event, data, { seq: message.seq })
}
