import { ConversationState } from '../../../domain/log/conversation-state.ts'
import type { ConversationDraft, ConversationEntry } from '../../../domain/log/entry.ts'
import { allNeedsOf, sendKeyOf } from '../../../domain/log/needs.ts'
import { writeRow, type Applied, type RowKind, type RowWriters } from '../../../domain/log/rows.ts'
import type { MessageRecord } from '../../../domain/records.ts'
import type { Appended, ExpectedVersion, StoredEntry } from '../../../ports/storage.ts'
import type { ContactRows } from './contacts.ts'
import type { PreferencesRows } from './preferences.ts'
import type { Cached, ConversationCache } from './conversations.ts'
import type { UnreadCounts } from './counts.ts'
import type { Marks } from './following.ts'
import type { InviteRows } from './invites.ts'
import type { FileReferences } from './files.ts'
import type { LogRows } from './log-rows.ts'
import type { MemberRows } from './members.ts'
import type { MessageRows } from './messages.ts'
import type { Purges } from './purges.ts'
import type { StreamIds } from './stream-ids.ts'

/** The context of row writers: the number of the entry's conversation. */
export interface Target {
  n: number
  entry: ConversationEntry
}
/** The writers of some kinds of rows, all of them inside a transaction. */
export type Writers<K extends RowKind> = Pick<RowWriters<Target>, K>

export interface AppendParts {
  streams: StreamIds
  conversations: ConversationCache
  contacts: ContactRows
  preferences: PreferencesRows
  members: MemberRows
  messages: MessageRows
  files: FileReferences
  counts: UnreadCounts
  invites: InviteRows
  log: LogRows
  purges: Purges
  marks: Pick<Marks, 'mark'>
  clock: () => Date
  ids: () => string
  /** Takes the entries with which listeners are called after the transaction is durable. */
  notify: (entry: StoredEntry) => void
}

export type Append = (stream: string, drafts: readonly ConversationDraft[], expected: ExpectedVersion) => Appended

/** The append to a conversation's log: load, decide in memory, write. Runs in a transaction. */
export function openAppend(parts: AppendParts): Append {
  const { streams, conversations, members, messages, files, counts, invites, log, purges, marks, clock, ids, notify } =
    parts
  const writers: RowWriters<Target> = {
    ...conversations.writers,
    ...members.writers,
    ...messages.writers,
    ...files.writers,
    ...counts.writers,
    ...invites.writers,
    ...log.writers,
    ...purges.writers,
    member(row, target) {
      members.writers.member(row, target)
      // Mentions of an earlier membership are closed, because joining sets the marker beyond them.
      if (target.entry.event === 'member.added') counts.marked(target.n, row.put.user_id, 0, row.put.read_seq)
    },
    'user-stream'({ append: { user_id, event, data } }, { n, entry: { at } }) {
      const { stream, change } = streams.nextOfUser(user_id)
      const entry = { stream: user_id, change, event, seq: null, at, data, hidden: null }
      notify(log.append(stream, entry, 0, event === 'conversation.joined' ? n : null))
    },
  }

  function load(stream: string, drafts: readonly ConversationDraft[], cached: Cached | null) {
    const needs = allNeedsOf(drafts)
    const open = cached && !cached.purged ? cached : null
    const n = open?.n ?? -1
    const find = (user_id: string) => members.find(n, stream, user_id) ?? []
    const sends = new Map<string, MessageRecord>()
    for (const send of open ? needs.sends : []) {
      const sent = send.client_id !== null && messages.findSent(n, stream, send.sender_id, send.client_id)
      if (sent) sends.set(sendKeyOf(send), sent)
    }
    return {
      stream,
      conversation: open?.record ?? null,
      last_change: cached?.record.last_change ?? 0,
      messages: needs.message_ids.flatMap(id => messages.find(n, stream, id) ?? []),
      pins: needs.pinned_ids.flatMap(id => messages.findPin(n, stream, id) ?? []),
      members: [
        ...(needs.user_ids === 'all' ? members.all(n, stream) : needs.user_ids.flatMap(find)),
        ...(needs.first_members > 0 ? members.first(n, stream, needs.first_members) : []),
      ],
      invites: needs.invite_codes.flatMap(code => invites.find(code) ?? []),
      sends,
      files: new Set(needs.file_ids.filter(files.exists)),
      direct_id: needs.pair === null ? null : conversations.ofPair(needs.pair),
    }
  }

  function write({ entry, rows }: Applied, n: number, last_seq: number): void {
    notify(log.append(n, entry, last_seq))
    const target = { n, entry }
    for (const row of rows) writeRow(writers, row, target)
  }

  return (stream, drafts, expected) => {
    const cached = conversations.current(stream)
    const loaded = load(stream, drafts, cached)
    const state = new ConversationState(loaded)
    const decision = state.decide(drafts, expected, { at: clock().toISOString(), ids })
    if (decision.outcome === 'repeat') {
      const message = [...loaded.sends.values()].find(({ seq }) => seq === decision.seq)
      return message ? { outcome: 'repeat', message } : { outcome: 'refused', code: 'not_found' }
    }
    if (decision.outcome !== 'committed') return decision
    const n = cached?.n ?? streams.findOrCreate(stream)
    marks.mark(n, 'conversations')
    let last_seq = loaded.conversation?.last_seq ?? 0
    for (const applied of state.applied) {
      last_seq = applied.entry.seq ?? last_seq
      write(applied, n, last_seq)
    }
    return decision
  }
}
