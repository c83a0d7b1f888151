import { INLINE_PARTICIPANTS } from '../../../contracts/entities.ts'
import { pairOf } from '../records.ts'
import type { ConversationDraft, ConversationEntry, NewMessage } from './entry.ts'
import { needsOf } from './state.ts'

/** What a store loads before it decides several drafts and projects several entries one after the other. */
export interface AllNeeds {
  message_ids: readonly string[]
  /** The messages whose pins are needed. */
  pinned_ids: readonly string[]
  user_ids: readonly string[] | 'all'
  /**
   * How many of the first members by (joined_change, user id), 0 for none: those that are shown and as many more as may leave
   * before they are.
   */
  first_members: number
  /** Sends that may be repeats (`sendKeyOf`). */
  sends: readonly Pick<NewMessage, 'id' | 'sender_id' | 'client_id'>[]
  invite_codes: readonly string[]
  /** The files to which the drafts would refer. */
  file_ids: readonly string[]
  /** The pair for which a direct conversation is created. */
  pair: string | null
}

/** The files of a message, each once. */
export function filesOf({ attachments }: Pick<NewMessage, 'attachments'>): string[] {
  return attachments.length === 0 ? [] : [...new Set(attachments.map(({ file_id }) => file_id))]
}

/** The files to which the draft would refer: by its message, or by the conversation as its avatar. */
export function filesUsedBy(draft: ConversationDraft): string[] {
  if (draft.event === 'message.created') return filesOf(draft.message)
  return draft.event === 'conversation.updated' && draft.patch.avatar_file_id ? [draft.patch.avatar_file_id] : []
}

/** The key by which a repeated send is recognised: `client_id`, or the message's id without one. */
export function sendKeyOf({ id, sender_id, client_id }: Pick<NewMessage, 'id' | 'sender_id' | 'client_id'>): string {
  return client_id === null ? id : `${sender_id}:${client_id}`
}

const NONE: AllNeeds = {
  message_ids: [],
  pinned_ids: [],
  user_ids: [],
  first_members: 0,
  sends: [],
  invite_codes: [],
  file_ids: [],
  pair: null,
}

export function allNeedsOf(subjects: readonly (ConversationDraft | ConversationEntry)[]): AllNeeds {
  const [only] = subjects
  // A single send is by far the most frequent append.
  if (subjects.length === 1 && only && 'message' in only)
    return { ...NONE, sends: [only.message], file_ids: filesOf(only.message) }
  const message_ids = new Set<string>()
  const pinned_ids = new Set<string>()
  const user_ids = new Set<string>()
  const invite_codes = new Set<string>()
  const sends: NewMessage[] = []
  const file_ids: string[] = []
  let [all, participants, pair]: [boolean, boolean, string | null] = [false, false, null]
  for (const subject of subjects) {
    const needs = needsOf(subject)
    if (needs.message_id !== null) message_ids.add(needs.message_id)
    if (needs.pin && needs.message_id !== null) pinned_ids.add(needs.message_id)
    if (needs.user_ids === 'all') all = true
    else for (const user_id of needs.user_ids) user_ids.add(user_id)
    participants ||= needs.participants
    if (needs.invite_code !== null) invite_codes.add(needs.invite_code)
    if ('data' in subject) continue
    file_ids.push(...filesUsedBy(subject))
    if (subject.event === 'message.created') sends.push(subject.message)
    if (subject.event === 'conversation.created' && subject.conversation.type === 'direct')
      pair = pairOf(subject.member_ids)
  }
  return {
    message_ids: [...message_ids],
    pinned_ids: [...pinned_ids],
    user_ids: all ? 'all' : [...user_ids],
    first_members: participants ? INLINE_PARTICIPANTS + user_ids.size : 0,
    sends,
    invite_codes: [...invite_codes],
    file_ids,
    pair,
  }
}
