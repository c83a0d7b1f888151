import type { Entry, UserDraft } from '../../../../domain/log/entry.ts'
import { decideUserDraft, markerAfter, projectUserEntry, type Beyond } from '../../../../domain/log/user-stream.ts'
import type { UserStreamEvent } from '../../../../domain/log/rows.ts'
import type { MemberRecord } from '../../../../domain/records.ts'
import { receiptSeq } from '../../../../domain/unread.ts'
import type { AppendedToUser } from '../../../../ports/storage.ts'
import { countUnread, ownAfter } from '../rows/counts.ts'
import type { Job, StreamType } from './job.ts'
import { sourceKey, memberKey, messageKey } from '../rows/keys.ts'
import { entriesOf, toLine, toMember } from '../rows/records.ts'
import type { SourceRow, ConversationRow, MemberRow, UserStreamRow } from '../rows/rows.ts'
import type { Tables } from '../rows/tables.ts'

export type UserAppend =
  | { kind: 'draft'; draft: UserDraft }
  /** `source` = `conversation:change`: it is appended once. */
  | { kind: 'delivery'; event: UserStreamEvent; source: string; at: string }
/** `behind`: the member is of a change that its conversation's head does not cover yet. */
export type UserAnswer = AppendedToUser | { outcome: 'delivered' } | { outcome: 'behind' }

interface Work {
  last_change: number
  sources: SourceRow[]
  /** MemberRows as they become, with the membership and the change of the own stream that the row must be of. */
  members: Map<string, { member: MemberRecord; own_change: number; touched: boolean }>
  answers: UserAnswer[]
}
interface Loaded {
  sources: Set<string>
  members: Map<string, MemberRow>
  conversations: Map<string, ConversationRow>
}
export interface UserFlush {
  input: UserAppend
  answer: UserAnswer
  head: UserStreamRow
  work: Work
}
type UserJob = Job<UserFlush>
type MarkerEntry = Entry<'read.updated'> | Entry<'membership.updated'>

/** The users' own streams: markers and settings, and the joined and left that follow from conversations. */
export class UserStream implements StreamType<UserFlush> {
  readonly name = 'user'
  readonly #tables: Tables
  readonly #clock: () => Date
  constructor(tables: Tables, clock: () => Date) {
    this.#tables = tables
    this.#clock = clock
  }

  async readHeads(streams: string[]): Promise<Map<string, UserStreamRow>> {
    const rows = await this.#tables.streams.findIds(streams)
    return new Map(rows.map(row => [row._id, row]))
  }

  async decide(jobs: UserJob[]): Promise<void> {
    const readable = jobs.filter(job => job.guard(() => job.tail.flatMap(row => userEntriesOf(row))))
    const loaded = await this.#load(readable)
    await Promise.all(
      readable.map(async job => {
        job.work = { last_change: job.head?.last_change ?? 0, sources: [], members: new Map(), answers: [] }
        for (const row of job.tail) this.#replay(job.stream, job.work, row, loaded)
        for (const { input } of job.calls) job.work.answers.push(await this.#decide(job, job.work, input, loaded))
      }),
    )
  }

  async #load(jobs: UserJob[]): Promise<Loaded> {
    const conversation_ids = new Set<string>()
    const members: string[] = []
    const sources: string[] = []
    for (const { stream, calls, tail } of jobs) {
      for (const { input } of calls) {
        if (input.kind === 'delivery') sources.push(sourceKey(stream, input.source))
        else {
          conversation_ids.add(input.draft.conversation_id)
          members.push(memberKey(input.draft.conversation_id, stream))
        }
      }
      for (const entry of tail.flatMap(row => userEntriesOf(row))) {
        if (entry.joined_change !== undefined) members.push(memberKey(entry.data.conversation_id, stream))
      }
    }
    const [source_rows, member_rows, conversation_rows] = await Promise.all([
      this.#tables.sources.findIds(sources),
      this.#tables.members.findIds(members),
      this.#tables.conversations.findIds([...conversation_ids]),
    ])
    return {
      sources: new Set(source_rows.map(({ _id }) => _id)),
      members: new Map(member_rows.map(row => [row._id, row])),
      conversations: new Map(conversation_rows.map(row => [row._id, row])),
    }
  }

  #replay(stream: string, work: Work, row: UserJob['tail'][number], loaded: Loaded): void {
    work.last_change = row.last
    for (const [index, { source }] of row.entries.entries()) {
      if (source === undefined) continue
      const _id = sourceKey(stream, source)
      loaded.sources.add(_id)
      work.sources.push({ _id, change: row.first + index })
    }
    for (const { joined_change, ...entry } of userEntriesOf(row)) {
      const known = memberOf(work, loaded, memberKey(entry.data.conversation_id, stream))
      if (!known || known.own_change >= entry.change || known.member.joined_change !== joined_change) continue
      Object.assign(known, { member: projectUserEntry(entry, known.member), own_change: entry.change, touched: true })
    }
  }

  async #decide(job: UserJob, work: Work, input: UserAppend, loaded: Loaded): Promise<UserAnswer> {
    const change = work.last_change + 1
    if (input.kind === 'delivery') {
      const { event, source, at } = input
      const _id = sourceKey(job.stream, source)
      if (loaded.sources.has(_id)) return { outcome: 'delivered' }
      loaded.sources.add(_id)
      work.sources.push({ _id, change })
      job.lines.push({ event: event.event, seq: null, at, json: JSON.stringify(event.data), hidden: null, source })
      work.last_change = change
      return { outcome: 'delivered' }
    }
    const { draft } = input
    const conversation = loaded.conversations.get(draft.conversation_id)
    const known = memberOf(work, loaded, memberKey(draft.conversation_id, job.stream))
    if (!known || !conversation || conversation.purged) return { outcome: 'refused', code: 'not_found' }
    const { member } = known
    if (member.joined_change > conversation.last_change) return { outcome: 'behind' }
    const marker = draft.event === 'read.updated' ? markerAfter(draft, member) : null
    const beyond = marker === null ? null : await this.#beyond(conversation, member, marker)
    const place = { stream: job.stream, change, at: this.#clock().toISOString() }
    const entry = decideUserDraft(
      draft,
      { conversation: { id: conversation._id, ...conversation }, member, beyond },
      place,
    )
    if (!entry) return { outcome: 'unchanged', member }
    const after = projectUserEntry(narrow(entry), member)
    Object.assign(known, { member: after, own_change: change, touched: true })
    job.lines.push({ ...toLine(narrow(entry)), joined_change: member.joined_change })
    work.last_change = change
    return { outcome: 'committed', member: after }
  }

  async #beyond(conversation: ConversationRow, member: MemberRecord, seq: number): Promise<Beyond> {
    const { conversation_id } = member
    const [counts, message, own_unread] = await Promise.all([
      countUnread(this.#tables, conversation, member, seq),
      this.#tables.messages.findId(messageKey(conversation_id, seq)),
      ownAfter(this.#tables, member, seq, receiptSeq(member)),
    ])
    return { ...counts, countable: message?.countable ?? 0, own_unread }
  }

  async project(jobs: UserJob[]): Promise<void> {
    const works = jobs.flatMap(({ work }) => work ?? [])
    const members = works.flatMap(work => [...work.members].filter(([, { touched }]) => touched))
    await Promise.all([
      this.#tables.sources.insertMissing(works.flatMap(({ sources }) => sources)),
      this.#tables.members.update(
        members.map(([id, { member, own_change }]) => {
          const {
            joined_change,
            read_seq,
            read_at_seq,
            read_countable,
            own_unread,
            receipt_seq,
            receipt_at,
            muted_until,
            pinned,
            archived,
            notify,
          } = member
          const read = { read_seq, read_at_seq, read_countable, own_unread, receipt_seq, receipt_at }
          // Of this very membership: a new one after leaving begins with markers and settings of its own.
          const guard = {
            present: { $eq: true },
            joined_change: { $eq: joined_change },
            own_change: { $lt: own_change },
          }
          return { id, guard, set: { ...read, muted_until, pinned, archived, notify, own_change } }
        }),
      ),
    ])
  }

  deliveries(): number {
    return 0
  }

  async deliver(): Promise<void> {}

  async advance(jobs: UserJob[]): Promise<void> {
    const updates = jobs.map(({ stream, head, last }) => {
      const guard = { last_change: { $gte: head?.last_change ?? 0, $lt: last } }
      return { id: stream, guard, set: { last_change: last }, upsert: head === null }
    })
    if ((await this.#tables.streams.update(updates)) === updates.length) return
    const present = await this.readHeads(jobs.map(({ stream }) => stream))
    const behind = jobs.find(({ stream, last }) => (present.get(stream)?.last_change ?? 0) < last)
    if (behind) throw new Error(`the head of ${behind.stream} did not move to ${behind.last}`)
  }

  complete(jobs: UserJob[]): Promise<Map<string, UserStreamRow>> {
    const heads = new Map<string, UserStreamRow>()
    for (const job of jobs) {
      if (job.last > 0) heads.set(job.stream, { _id: job.stream, last_change: job.last })
      job.answers = (job.work?.answers ?? []).map(answer => () => answer)
    }
    return Promise.resolve(heads)
  }
}

function memberOf(work: Work, { members }: Loaded, key: string) {
  const known = work.members.get(key)
  if (known) return known
  const row = members.get(key)
  if (!row?.present) return null
  const member = { member: toMember(row), own_change: row.own_change, touched: false }
  work.members.set(key, member)
  return member
}

/** The entries of a row that are about a member, with the membership they were decided on. */
function userEntriesOf(row: UserJob['tail'][number]): (MarkerEntry & { joined_change: number | undefined })[] {
  return entriesOf<MarkerEntry>(row).flatMap((entry, index) => {
    const joined_change = row.entries[index]?.joined_change
    return joined_change === undefined ? [] : [{ ...entry, joined_change }]
  })
}

/** `decideUserDraft` names the two events as one entry type: told apart here. */
function narrow(entry: Entry<'read.updated' | 'membership.updated'>): MarkerEntry {
  return entry as MarkerEntry
}
