import { EVENTS, type EphemeralEvent, type EphemeralRule, type EventData } from '../../contracts/events.ts'
import { maySeeActivity, type Relation } from './blocking.ts'
import type { MemberRecord } from './records.ts'

/**
 * Who sees an event that is not stored. The contract declares for each event its audience and what hides it (`EphemeralRule`);
 * here it is decided, and `src/realtime/ephemeral.ts` delivers what is left.
 */

/** In conversations of more members receipts are shown only to sessions that asked for them lately (docs/decisions.md). */
const MAX_MEMBERS_ALL_RECEIPTS = 100

export interface ConversationAudience {
  conversation_id: string
  /** How many members the conversation has. */
  members: number
  /** Whether the user whom the event is about chose to look offline. */
  invisible?: boolean
  /** The seq of that user's latest message, as the call that published the event found it. */
  own_seq?: number
}
export type Audience = ConversationAudience | { user_ids: readonly string[] }

/** An event with the user whom it is about and its audience, as it is published and sent to other nodes. */
export type Published = {
  [E in EphemeralEvent]: { event: E; data: EventData<E>; about: string; audience: Audience }
}[EphemeralEvent]

/** One of the audience. */
export interface Viewer {
  id: string
  relation: Relation | undefined
  /** Whether the session has lately asked for the conversation's receipts. */
  asked: boolean
}

export interface Limits {
  /** Above so many members nobody is told who is typing. */
  typing_most_members: number
}

/** Whether no viewer sees the event. */
export function hiddenFromAll({ event, audience }: Pick<Published, 'event' | 'audience'>, limits: Limits): boolean {
  const { hidden_by }: EphemeralRule = EVENTS[event]
  if (!('conversation_id' in audience)) return false
  return (
    (hidden_by.includes('invisible') && audience.invisible === true) ||
    (hidden_by.includes('large') && audience.members > limits.typing_most_members)
  )
}

/** Whether the decision about a viewer needs their relation to the user whom the event is about. */
export function dependsOnRelation(event: EphemeralEvent): boolean {
  const { hidden_by }: EphemeralRule = EVENTS[event]
  return hidden_by.includes('block')
}

/** Whether one of the audience sees the event, if it is not hidden from all. */
export function isShown({ event, about, audience }: Pick<Published, 'event' | 'about' | 'audience'>, viewer: Viewer) {
  const { to_self, hidden_by }: EphemeralRule = EVENTS[event]
  if (viewer.id === about) return to_self
  const large = 'members' in audience && audience.members > MAX_MEMBERS_ALL_RECEIPTS
  return !(
    (hidden_by.includes('block') && !maySeeActivity(viewer.relation)) ||
    (hidden_by.includes('large_unless_asked') && large && !viewer.asked)
  )
}

/**
 * Whether somebody still types who said so: they are a member, and have not sent a message since. A call that was decided before
 * may be published after the entry that ends the typing. `member`: as it is now.
 */
export function stillTypes({ own_seq = Infinity }: ConversationAudience, member: Pick<MemberRecord, 'own_seq'> | null) {
  return member !== null && member.own_seq <= own_seq
}
