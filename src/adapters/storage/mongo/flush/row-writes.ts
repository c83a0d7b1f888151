import { writeRow, type Applied, type RowWriters } from '../../../../domain/log/rows.ts'
import { publicName } from '../../../../domain/public-groups.ts'
import type { ConversationRecord, MemberRecord, MessageRecord } from '../../../../domain/records.ts'
import { fileReferenceKey, memberKey, mentionKey, pinKey, versionKey } from '../rows/keys.ts'
import {
  NOT_DELETED,
  type ConversationRow,
  type MentionRow,
  type PinRow,
  type Sender,
  type VersionRow,
} from '../rows/rows.ts'
import type { FileReferenceRow } from '../rows/files.ts'
import type { Delivery } from './deliver.ts'

/** Senders in a conversation's row; the own_seq of others is in their member rows. */
const MAX_SENDERS = 32

interface MemberWrite {
  role?: MemberRecord['role']
  present: boolean
  left_at?: string
  change: number
}

/**
 * What the entries of one flush of one conversation ask to be written, collapsed to the last state of each row. Every part is
 * idempotent by its change, so that redoing it changes nothing and doing it late brings nothing back.
 */
export class RowWrites {
  readonly stream: string
  conversation: ConversationRecord | null
  purged: boolean
  #pair: string | null
  readonly #senders: Map<string, Sender>
  readonly #senders_moved: boolean
  /** By id. `created`: by one of the entries. */
  readonly messages = new Map<string, { put: MessageRecord; created: boolean }>()
  readonly versions: VersionRow[] = []
  readonly erased_versions: string[] = []
  readonly blanked: number[] = []
  readonly pins = new Map<string, Partial<PinRow> & Pick<PinRow, 'present' | 'change'>>()
  /** The last membership of each user that began here. */
  readonly joins = new Map<string, MemberRecord>()
  /** Role and presence, where they changed after the joining. */
  readonly members = new Map<string, MemberWrite>()
  readonly mentions: MentionRow[] = []
  readonly dropped_mentions: { id: string; change: number }[] = []
  /** The references to files, each as the last entry that concerns it leaves it. */
  readonly file_references = new Map<string, Omit<FileReferenceRow, '_id'>>()
  readonly deliveries: Delivery[] = []
  /** What invites have admitted, by code. */
  readonly invite_uses = new Map<string, number>()
  /** Senders that no longer fit into the conversation's row: their member rows are written before it is. */
  readonly moved_senders: Sender[]

  constructor(stream: string, head: ConversationRow | null, applied: readonly Applied[]) {
    this.stream = stream
    this.conversation = null
    this.purged = head?.purged ?? false
    this.#pair = head?.pair ?? null
    this.#senders = new Map((head?.senders ?? []).map(sender => [sender.user_id, sender]))
    for (const { entry, rows } of applied)
      for (const row of rows) writeRow(WRITERS, row, { to: this, change: entry.change, at: entry.at })
    const latest = [...this.#senders.values()].toSorted((a, b) => b.seq - a.seq)
    this.moved_senders = latest.slice(MAX_SENDERS)
    this.#senders_moved = head?.senders_moved === true || this.moved_senders.length > 0
    for (const { user_id } of this.moved_senders) this.#senders.delete(user_id)
  }

  /** The conversation's row once all the others are written. null: there is no entry. */
  row(): ConversationRow | null {
    if (!this.conversation) return null
    const { id: _id, ...record } = this.conversation
    const senders = [...this.#senders.values()]
    const public_name = publicName(record)
    const own = { purged: this.purged, pair: this.#pair, senders, senders_moved: this.#senders_moved, public_name }
    return { _id, ...record, ...own }
  }

  keep(conversation: ConversationRecord, pair: string | null): void {
    this.conversation = conversation
    this.#pair ??= pair
  }

  join(member: MemberRecord): void {
    this.joins.set(member.user_id, member)
    this.members.delete(member.user_id)
    this.#senders.delete(member.user_id)
  }

  leave(user_id: string, change: number, left_at: string): void {
    this.members.set(user_id, { present: false, left_at, change })
    this.#senders.delete(user_id)
  }

  refer(by: string, reference: Omit<FileReferenceRow, '_id' | 'conversation_id'>): void {
    const key = fileReferenceKey(this.stream, by, reference.file_id)
    this.file_references.set(key, { conversation_id: this.stream, ...reference })
  }

  send(sender: Sender): void {
    this.#senders.set(sender.user_id, sender)
  }
}

interface Context {
  to: RowWrites
  change: number
  at: string
}

const WRITERS: RowWriters<Context> = {
  conversation({ put, purged, pair }, { to }) {
    to.keep(put, pair)
    to.purged ||= purged
  },
  member: ({ put }, { to }) => to.join(put),
  'member.role'({ user_id, role }, { to, change }) {
    to.members.set(user_id, { role, present: true, change })
  },
  'member.sent': ({ user_id, seq, countable }, { to }) => to.send({ user_id, seq, countable }),
  // Own unread messages are counted where there are any (rows/unread.ts): no row holds a number that a deletion changes.
  'member.unsent': () => undefined,
  'member.left': ({ user_id }, { to, change, at }) => to.leave(user_id, change, at),
  message({ put, before }, { to }) {
    to.messages.set(put.id, { put, created: before === null || (to.messages.get(put.id)?.created ?? false) })
  },
  version({ put }, { to }) {
    to.versions.push({ _id: versionKey(to.stream, put.message_id, put.change), ...put, erased: false })
  },
  'versions.erased'({ message: { id, text_changes } }, { to }) {
    to.erased_versions.push(...text_changes.map(change => versionKey(to.stream, id, change)))
  },
  pin({ put }, { to, change }) {
    to.pins.set(pinKey(to.stream, put.message_id), { ...put, present: true, change })
  },
  'pin.dropped'({ message_id }, { to, change }) {
    const key = pinKey(to.stream, message_id)
    to.pins.set(key, { ...to.pins.get(key), present: false, change })
  },
  mentions({ seq, user_ids }, { to: { stream, mentions } }) {
    for (const user_id of user_ids) {
      const _id = mentionKey(stream, user_id, seq)
      const open = { open: true, user_change: 0, deleted_at_change: NOT_DELETED }
      mentions.push({ _id, conversation_id: stream, user_id, seq, ...open })
    }
  },
  'mentions.dropped'({ seq, user_ids }, { to, change }) {
    for (const user_id of user_ids) to.dropped_mentions.push({ id: mentionKey(to.stream, user_id, seq), change })
  },
  'files.attached'({ by, file_ids }, { to, change }) {
    for (const file_id of file_ids) to.refer(by, { file_id, live: true, change })
  },
  'files.released'({ by, file_ids }, { to, change, at }) {
    for (const file_id of file_ids) to.refer(by, { file_id, live: false, change, released_at: at })
  },
  'log.blanked': ({ changes }, { to }) => void to.blanked.push(...changes),
  'invite.used': ({ code, uses }, { to }) => void to.invite_uses.set(code, uses),
  'user-stream': ({ append }, { to, change, at }) => void to.deliveries.push({ event: append, change, at }),
  purge({ user_ids }, { to, change, at }) {
    for (const user_id of user_ids) to.leave(user_id, change, at)
  },
}

/** What the member rows of a flush are set to, apart from those that begin. */
export function memberUpdates({ stream, members, moved_senders, conversation }: RowWrites) {
  const last_change = conversation?.last_change ?? 0
  return [
    ...[...members].map(([user_id, set]) => {
      return { id: memberKey(stream, user_id), guard: { change: { $lt: set.change } }, set }
    }),
    ...moved_senders.map(({ user_id, seq, countable }) => {
      // Of the membership in which they were sent: a later one begins with numbers of its own.
      const guard = { present: { $eq: true }, joined_change: { $lte: last_change } }
      return { id: memberKey(stream, user_id), guard, max: { own_seq: seq, own_countable: countable } }
    }),
  ]
}
