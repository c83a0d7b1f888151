import type { ConversationRecord, InviteRecord, MemberRecord, MessageRecord, PinRecord } from '../records.ts'
import { byJoining } from '../roles.ts'
import { decide } from './decide.ts'
import type { ConversationDraft, ConversationEntry } from './entry.ts'
import { filesUsedBy, sendKeyOf } from './needs.ts'
import type { Appended, ExpectedVersion } from './outcome.ts'
import { project } from './project.ts'
import { writeRow, type Applied, type RowWriters } from './rows.ts'
import { needsOf, Rejection, type Needs, type State } from './state.ts'
import { toMember } from './wire.ts'

/** The place of a send that is already stored. */
export interface SentAt {
  seq: number
  change: number
}

/**
 * What a store loaded of one conversation (`allNeedsOf`). Rows of messages and pins may be ahead of `last_change` if a store
 * writes them one by one and is redoing entries; they are never behind it.
 */
export interface Loaded {
  stream: string
  /** null before its creation and after its purge. */
  conversation: ConversationRecord | null
  /** The last change that the rows cover; 0 for a stream without entries. */
  last_change: number
  messages: readonly MessageRecord[]
  pins: readonly PinRecord[]
  /** The members as of `last_change`. */
  members: readonly MemberRecord[]
  /** Their `uses` may be ahead of `last_change`, never behind it. */
  invites: readonly InviteRecord[]
  /** Sends that are stored, by `sendKeyOf`. */
  sends: ReadonlyMap<string, SentAt>
  /** Those of the files named by drafts (`AllNeeds.file_ids`) that exist, and stay as long as what is appended refers to them. */
  files: ReadonlySet<string>
  /** The direct conversation that the pair of the drafts has already. */
  direct_id: string | null
}

/** The result of deciding an append. The store adds the message to a repeat. */
export type Decision = Exclude<Appended, { outcome: 'repeat' }> | ({ outcome: 'repeat' } & SentAt)

/** What the entries of an append need besides the state. */
export interface Making {
  at: string
  ids: () => string
}

interface Memory {
  conversation: ConversationRecord | null
  last_change: number
  messages: Map<string, MessageRecord>
  pins: Map<string, PinRecord>
  members: Map<string, MemberRecord>
  invites: Map<string, InviteRecord>
  sends: Map<string, SentAt>
  applied: Applied[]
}

/**
 * A conversation in memory while a store appends to it. Appends are decided one after the other, each as a whole, and
 * `applied` collects the rows to write. Nothing is written before all are decided, so nothing has to be undone. Pure: after a
 * lost race a store loads and decides again.
 */
export class ConversationState {
  readonly #loaded: Loaded
  #memory: Memory
  #purging = false

  constructor(loaded: Loaded) {
    this.#loaded = loaded
    this.#memory = {
      conversation: loaded.conversation,
      last_change: loaded.last_change,
      messages: byKey(loaded.messages, message => message.id),
      pins: byKey(loaded.pins, pin => pin.message_id),
      members: byKey(loaded.members, member => member.user_id),
      invites: byKey(loaded.invites, invite => invite.code),
      sends: new Map(loaded.sends),
      applied: [],
    }
  }

  /** null before its creation and after its purge. */
  get conversation(): ConversationRecord | null {
    return this.#memory.conversation
  }

  get last_change(): number {
    return this.#memory.last_change
  }

  /** The loaded and the new messages in their present state. */
  get messages(): ReadonlyMap<string, MessageRecord> {
    return this.#memory.messages
  }

  /** What was replayed and committed so far, in order. */
  get applied(): readonly Applied[] {
    return this.#memory.applied
  }

  /** Applies entries that are in the log and not projected yet. */
  replay(entries: readonly ConversationEntry[]): void {
    this.#purging = entries.some(entry => entry.event === 'conversation.deleted')
    for (const entry of entries) this.#apply(entry, this.#state(needsOf(entry)))
  }

  /** Decides one append: all of its drafts, or none. */
  decide(drafts: readonly ConversationDraft[], expected: ExpectedVersion, making: Making): Decision {
    const before = this.#memory
    if (drafts.length > 1) this.#memory = copyOf(before)
    const decision = this.#decide(drafts, expected, making)
    if (decision.outcome !== 'committed') this.#memory = before
    return decision
  }

  #decide(drafts: readonly ConversationDraft[], expected: ExpectedVersion, { at, ids }: Making): Decision {
    const { stream, direct_id, files } = this.#loaded
    const { conversation, last_change, messages, sends } = this.#memory
    const creates = drafts.some(draft => draft.event === 'conversation.created')
    if (creates && last_change > 0) return { outcome: 'exists', conversation_id: stream }
    if (creates && direct_id !== null) return { outcome: 'exists', conversation_id: direct_id }
    if (!creates && !conversation) return { outcome: 'refused', code: 'not_found' }
    if (conflicts(drafts, expected, { conversation, messages })) return { outcome: 'conflict' }
    const entries: ConversationEntry[] = []
    for (const draft of drafts) {
      const sent = draft.event === 'message.created' ? sends.get(sendKeyOf(draft.message)) : undefined
      if (sent) return { outcome: 'repeat', seq: sent.seq, change: sent.change }
      // The handler has seen the file, which was removed since.
      if (filesUsedBy(draft).some(file_id => !files.has(file_id))) return { outcome: 'conflict' }
      const state = this.#state(needsOf(draft))
      const entry = decide(draft, state, { stream, at, ids })
      if (entry instanceof Rejection) return { outcome: 'refused', code: entry.code }
      if (!entry) continue
      this.#apply(entry, state)
      entries.push(entry)
    }
    return entries.length > 0 ? { outcome: 'committed', entries } : { outcome: 'unchanged' }
  }

  #state({ message_id, pin, user_ids, participants, invite_code }: Needs): State {
    const { conversation, messages, pins, members, invites } = this.#memory
    const all = user_ids === 'all' || participants ? [...members.values()] : []
    return {
      conversation,
      message: message_id === null ? null : (messages.get(message_id) ?? null),
      pin: pin && message_id !== null ? (pins.get(message_id) ?? null) : null,
      members: user_ids === 'all' ? all : user_ids.flatMap(user_id => members.get(user_id) ?? []),
      participants: participants ? all.toSorted(byJoining).map(toMember) : [],
      invite: invite_code === null ? null : (invites.get(invite_code) ?? null),
    }
  }

  #apply(entry: ConversationEntry, state: State): void {
    const memory = this.#memory
    memory.last_change = entry.change
    if (this.#purging && memory.conversation && !state.message && needsOf(entry).message_id !== null) {
      // An interrupted purge has removed the message. The entry of the purge follows, so nothing is to be written.
      memory.conversation = { ...memory.conversation, last_change: entry.change }
      return
    }
    const ahead = state.message !== null && state.message.change >= entry.change
    const all = project(entry, state)
    const rows = ahead ? all.filter(({ row }) => row !== 'message' && row !== 'version') : all
    for (const row of rows) writeRow(IN_MEMORY, row, memory)
    memory.applied.push({ entry, rows })
  }
}

/** Whether one of the versions that the decision was based on has changed. */
export function conflicts(
  drafts: readonly ConversationDraft[],
  { access_change, message_change }: ExpectedVersion,
  { conversation, messages }: Pick<Memory, 'conversation' | 'messages'>,
): boolean {
  if (access_change !== undefined && conversation && conversation.access_change !== access_change) return true
  if (message_change === undefined) return false
  return drafts.some(draft => {
    const message = 'message_id' in draft ? messages.get(draft.message_id) : undefined
    return message !== undefined && message.change !== message_change
  })
}

const nothing = () => {}
/** The state on which later drafts are decided. */
const IN_MEMORY: RowWriters<Memory> = {
  conversation({ put, purged }, memory) {
    memory.conversation = purged ? null : put
  },
  member: ({ put }, { members }) => void members.set(put.user_id, put),
  'member.role'({ user_id, role }, { members }) {
    const member = members.get(user_id)
    if (member) members.set(user_id, { ...member, role })
  },
  'member.sent': nothing,
  'member.unsent': nothing,
  'member.left': ({ user_id }, { members }) => void members.delete(user_id),
  message({ put, before }, { messages, sends }) {
    const known = messages.get(put.id)
    if (!known || known.change < put.change) messages.set(put.id, put)
    if (!before) sends.set(sendKeyOf(put), put)
  },
  version: nothing,
  'versions.erased': nothing,
  pin: ({ put }, { pins }) => void pins.set(put.message_id, put),
  'pin.dropped': ({ message_id }, { pins }) => void pins.delete(message_id),
  mentions: nothing,
  'mentions.dropped': nothing,
  'files.attached': nothing,
  'files.released': nothing,
  'log.blanked': nothing,
  'invite.used'({ code, uses }, { invites }) {
    const invite = invites.get(code)
    if (invite && invite.uses < uses) invites.set(code, { ...invite, uses })
  },
  'user-stream': nothing,
  purge: (_row, { members }) => members.clear(),
}

function byKey<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T> {
  const map = new Map<string, T>()
  for (const item of items) map.set(keyOf(item), item)
  return map
}

function copyOf({ conversation, last_change, messages, pins, members, invites, sends, applied }: Memory): Memory {
  return {
    conversation,
    last_change,
    messages: new Map(messages),
    pins: new Map(pins),
    members: new Map(members),
    invites: new Map(invites),
    sends: new Map(sends),
    applied: [...applied],
  }
}
