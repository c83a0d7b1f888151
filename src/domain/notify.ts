import type { Preferences } from '../../contracts/entities.ts'
import type { ConversationRecord, MemberRecord, MessageRecord, UserRecord } from './records.ts'
import type { QuietHours } from './quiet-hours.ts'
import { marker, mentionedBy } from './unread.ts'

/** What the decision depends on besides the message. */
export interface Recipient {
  user: Pick<UserRecord, 'disabled' | 'deleted'>
  member: MemberRecord
  preferences: Preferences
  /** The recipient has blocked the sender. */
  blocked: boolean
  /** The user has a live connection, on any node. */
  connected: boolean
}

/** Why a message is not pushed to a member. */
export type Silence =
  | 'system'
  | 'deleted'
  | 'own'
  | 'inactive'
  | 'blocked'
  | 'read'
  | 'muted'
  | 'archived'
  | 'level'
  | 'quiet'
  | 'connected'

type Occasion = Pick<MessageRecord, 'type' | 'deleted_at' | 'sender_id' | 'seq' | 'mentions'>

/** Why the message is not pushed to the member (specification, Notifications); null: it is. */
export function silenceOf(
  message: Occasion,
  { type }: Pick<ConversationRecord, 'type'>,
  { user, member, preferences, blocked, connected }: Recipient,
  now: Date,
  quiet: QuietHours,
): Silence | null {
  if (message.type === 'system') return 'system'
  if (message.deleted_at !== null) return 'deleted'
  if (message.sender_id === member.user_id) return 'own'
  if (user.disabled || user.deleted) return 'inactive'
  if (blocked) return 'blocked'
  if (message.seq <= marker(member)) return 'read'
  if (isMuted(preferences, now) || isMuted(member, now)) return 'muted'
  if (member.archived) return 'archived'
  const mentioned = mentionedBy(message).includes(member.user_id)
  // A direct message is addressed to the user, as a mention is. The level of the conversation itself is taken literally.
  if (!admits(preferences.level, mentioned || type === 'direct') || !admits(member.notify, mentioned)) return 'level'
  if (quiet.isQuiet(preferences.quiet_hours, now)) return 'quiet'
  return connected ? 'connected' : null
}

/** Why a notice of an ADMIN is not pushed to the user; null: it is. */
export function noticeSilenceOf(
  user: Recipient['user'],
  preferences: Preferences,
  now: Date,
  quiet: QuietHours,
): Extract<Silence, 'inactive' | 'muted' | 'level' | 'quiet'> | null {
  if (user.disabled || user.deleted) return 'inactive'
  if (isMuted(preferences, now)) return 'muted'
  if (preferences.level === 'none') return 'level'
  return quiet.isQuiet(preferences.quiet_hours, now) ? 'quiet' : null
}

function isMuted({ muted_until }: { muted_until: string | null }, now: Date): boolean {
  return muted_until !== null && muted_until > now.toISOString()
}

function admits(level: Preferences['level'], addressed: boolean): boolean {
  return level === 'all' || (level === 'mentions' && addressed)
}
