import type { Member } from '../../../contracts/entities.ts'
import type { ConversationRecord, InviteRecord, MemberRecord, MessageRecord, PinRecord } from '../records.ts'
import type { ConversationDraft, ConversationEntry, Join } from './entry.ts'
import type { RefusedCode } from './outcome.ts'

/** What must be loaded before a conversation's draft can be decided or its entry projected. */
export interface State {
  /** null before `conversation.created`. */
  conversation: ConversationRecord | null
  /** The message that the draft or entry names; null without one. */
  message: MessageRecord | null
  /** The pin of `message`; only for `message.pinned` and `message.unpinned`. */
  pin: PinRecord | null
  /** Those of the named users who are members; for `conversation.deleted` all members. */
  members: readonly MemberRecord[]
  /**
   * The first members in the order they joined (joined_change, then user id): the 100 that are shown, and as many more as the
   * append names. Only for `conversation.updated`, `member.added` and `member.removed`.
   */
  participants: readonly Member[]
  /** The invite by which somebody joins; null without one. */
  invite: InviteRecord | null
}

export interface Needs {
  message_id: string | null
  pin: boolean
  user_ids: readonly string[] | 'all'
  participants: boolean
  invite_code: string | null
}

/** What a draft or an entry needs in its `State`. */
export function needsOf(subject: ConversationDraft | ConversationEntry): Needs {
  const needs: Needs = { message_id: null, pin: false, user_ids: [], participants: false, invite_code: null }
  switch (subject.event) {
    case 'conversation.created':
    case 'message.created':
      return needs
    case 'conversation.updated':
      return { ...needs, participants: true }
    case 'conversation.deleted':
      return { ...needs, user_ids: 'all' }
    case 'member.added': {
      const members = 'members' in subject ? subject.members : subject.data.members
      const invite_code = ('members' in subject ? codeOf(subject.join) : subject.hidden?.invite?.code) ?? null
      return { ...needs, user_ids: members.map(member => member.user_id), participants: true, invite_code }
    }
    case 'member.updated':
      return { ...needs, user_ids: ['user_id' in subject ? subject.user_id : subject.data.user_id] }
    case 'member.removed':
      return {
        ...needs,
        user_ids: 'user_ids' in subject ? subject.user_ids : subject.data.user_ids,
        participants: true,
      }
    case 'message.updated':
    case 'message.deleted':
      return { ...needs, message_id: 'message_id' in subject ? subject.message_id : subject.data.id }
    case 'message.reacted':
    case 'message.pinned':
    case 'message.unpinned': {
      const message_id = 'message_id' in subject ? subject.message_id : subject.data.message_id
      return { ...needs, message_id, pin: subject.event !== 'message.reacted' }
    }
  }
}

function codeOf(join: Join | undefined): string | undefined {
  return typeof join === 'object' ? join.code : undefined
}

/** Why a draft cannot become an entry. */
export class Rejection {
  readonly code: RefusedCode
  constructor(code: RefusedCode) {
    this.code = code
  }
}
