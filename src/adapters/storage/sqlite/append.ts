import { decide } from '../../../domain/log/decide.ts'
import type { ConversationDraft, ConversationEntry } from '../../../domain/log/entry.ts'
import { projection as project, type Projection } from '../../../domain/log/projection.ts'
import { Rejection, needsOf, type State } from '../../../domain/log/state.ts'
import { INLINE_PARTICIPANTS } from '../../../../contracts/entities.ts'
import { toMember } from '../../../domain/log/wire.ts'
import { pairOf, type MessageRecord } from '../../../domain/records.ts'
import type { Appended, ExpectedVersion, StoredEntry } from '../../../ports/storage.ts'
import type { Db } from './database.ts'
import type { Entries } from './entries.ts'
import type { Head, Heads } from './heads.ts'
import type { MessageRows } from './message-rows.ts'
import type { Purges } from './purges.ts'
import type { MemberRows } from './member-rows.ts'
import type { Sends } from './sends.ts'
import type { Streams } from './streams.ts'

/** The writers that an append uses; all of them inside one transaction. */
export interface Writers {
  db: Db
  streams: Streams
  heads: Heads
  members: MemberRows
  sends: Pick<Sends, 'snapshot'>
  messages: MessageRows
  entries: Entries
  purges: Purges
  clock: () => Date
  ids: () => string
  /** Takes what will be told once the transaction is durable. */
  tell: (entries: readonly StoredEntry[]) => void
}

export type Append = (conversation_id: string, drafts: readonly ConversationDraft[], seen: ExpectedVersion) => Appended

/** Thrown out of an append of several drafts to undo the earlier ones. */
class Undo extends Error {
  readonly outcome: Appended
  constructor(outcome: Appended) {
    super('undo')
    this.outcome = outcome
  }
}

/** The append to a conversation's log: load, decide, write the entry, write what it projects. Runs in a transaction. */
export function openAppend(writers: Writers): Append {
  const { db, streams, heads, members, sends, messages, entries, purges, clock, ids, tell } = writers
  const pairs = db.read<{ id: string }>('SELECT id FROM conversations WHERE pair = ?')
  const savepoint = db.write('SAVEPOINT append')
  const undo = db.write('ROLLBACK TO append')
  const release = db.write('RELEASE append')
  let told: StoredEntry[] = []

  function load(subject: ConversationDraft, head: Head | null): State {
    const { message_id, pin, user_ids, participants } = needsOf(subject)
    const state: State = { conversation: head?.record ?? null, message: null, pin: null, members: [], participants: [] }
    if (!head) return state
    const { n, record } = head
    if (message_id !== null) state.message = messages.find(n, record.id, message_id)
    if (pin && message_id !== null) state.pin = messages.findPin(n, record.id, message_id)
    if (user_ids === 'all') state.members = members.all(n, record.id)
    else if (user_ids.length > 0) state.members = user_ids.flatMap(user_id => members.find(n, record.id, user_id) ?? [])
    if (participants) state.participants = members.first(n, record.id, INLINE_PARTICIPANTS).map(toMember)
    return state
  }

  /** The message that was stored before, if this is a repeated send. */
  function write(
    head: Head | null,
    entry: ConversationEntry,
    projection: Projection,
    before: MessageRecord | null,
    pair: string | null,
  ): MessageRecord | null {
    const n = head?.n ?? streams.findOrCreate(entry.stream)
    const { message, version, sent } = projection
    if (entry.event === 'message.created' && message) {
      if (!messages.insert(n, message))
        return messages.findSent(n, entry.stream, message.sender_id, message.client_id ?? '')
      if (sent) members.sent(n, sent)
    } else if (message && entry.seq !== null) messages.insert(n, message)
    else if (message) {
      if (entry.event === 'message.updated' && before) entries.writeOut(n, before)
      messages.replace(message)
    }
    if (version) messages.addVersion(version)
    if (projection.erased && message) {
      members.unsent(n, { user_id: message.sender_id, seq: message.seq })
      entries.blank(n, message.text_changes)
      messages.erase(n, message)
    }
    if (projection.pinned) messages.pin(n, projection.pinned)
    if (projection.unpinned !== undefined) messages.unpin(projection.unpinned)
    for (const member of projection.joined ?? []) members.put(n, member)
    if (projection.member_role) members.setRole(n, projection.member_role.user_id, projection.member_role.role)
    for (const user_id of projection.left ?? []) members.remove(n, user_id)
    if (projection.purged) {
      members.removeAll(n)
      purges.begin(n)
    }
    told.push(entries.append(n, entry, projection.conversation.last_seq))
    const after = { n, purged: projection.purged === true, record: projection.conversation }
    if (head) heads.put(after)
    else heads.create(after, pair)
    for (const { user_id, event, data } of projection.own) {
      const { stream, change } = streams.nextOfUser(user_id)
      const joined = event === 'conversation.joined' ? n : null
      told.push(entries.append(stream, userEntry(user_id, change, entry.at, event, data), 0, joined))
    }
    return null
  }

  function one(conversation_id: string, draft: ConversationDraft): ConversationEntry | null {
    const known = heads.get(conversation_id)
    const head = live(known)
    let pair: string | null = null
    if (draft.event === 'conversation.created' && known) throw new Undo({ outcome: 'exists', conversation_id })
    if (draft.event === 'conversation.created' && draft.conversation.type === 'direct') {
      pair = pairOf(draft.member_ids)
      const existing = pairs.get(pair)
      if (existing) throw new Undo({ outcome: 'exists', conversation_id: existing.id })
    }
    const state = load(draft, head)
    const place = { stream: conversation_id, at: clock().toISOString(), ids }
    const entry = decide(draft, state, place)
    if (entry instanceof Rejection) throw new Undo({ outcome: 'refused', code: entry.code })
    if (entry === null) return null
    const repeated = write(head, entry, project(entry, state), state.message, pair)
    if (repeated) throw new Undo({ outcome: 'repeat', message: repeated })
    return entry
  }

  function hasConflict(conversation_id: string, drafts: readonly ConversationDraft[], seen: ExpectedVersion): boolean {
    const head = live(heads.get(conversation_id))
    if (!head) return false
    if (seen.access_change !== undefined && head.record.access_change !== seen.access_change) return true
    if (seen.message_change === undefined) return false
    return drafts.some(draft => {
      const message = 'message_id' in draft ? messages.find(head.n, conversation_id, draft.message_id) : null
      return message !== null && message.change !== seen.message_change
    })
  }

  function all(conversation_id: string, drafts: readonly ConversationDraft[]): Appended {
    const made = drafts.flatMap(draft => one(conversation_id, draft) ?? [])
    return made.length === 0 ? { outcome: 'unchanged' } : { outcome: 'committed', entries: made }
  }

  return (conversation_id, drafts, seen) => {
    if (hasConflict(conversation_id, drafts, seen)) return { outcome: 'conflict' }
    told = []
    const several = drafts.length > 1
    const restore = several ? [heads.snapshot(), sends.snapshot(), purges.snapshot()] : []
    if (several) {
      members.flush()
      savepoint()
    }
    try {
      const appended = all(conversation_id, drafts)
      if (several) release()
      tell(told)
      return appended
    } catch (error) {
      if (!(error instanceof Undo)) throw error
      if (several) {
        undo()
        release()
        for (const back of restore) back()
        members.discard()
        streams.forget()
      }
      return error.outcome
    }
  }
}

function live(head: Head | null): Head | null {
  return head?.purged ? null : head
}

function userEntry(
  stream: string,
  change: number,
  at: string,
  event: Projection['own'][number]['event'],
  data: Projection['own'][number]['data'],
) {
  return { stream, change, event, seq: null, at, data, hidden: null }
}
