import type { Entry, UserDraft } from '../../../../domain/log/entry.ts'
import { decideUserDraft, projectUserEntry, type Beyond } from '../../../../domain/log/user-stream.ts'
import type { MemberRecord } from '../../../../domain/records.ts'
import type { AppendedToUser } from '../../../../ports/storage.ts'
import { memberKey, sourceKey } from '../rows/keys.ts'
import { sourceOf, toConversation, toLine } from '../rows/records.ts'
import type { LogRow, SourceRow, UserStreamRow } from '../rows/rows.ts'
import type { Tables } from '../rows/tables.ts'
import { mentionUpdates } from '../rows/unread.ts'
import type { Job, StreamType } from './job.ts'
import {
  loadUserStreams,
  markerEntriesOf,
  type LoadedUser,
  type MarkedMember,
  type MarkerEntry,
  type UserAppend,
} from './user-load.ts'

/** `behind`: the membership began with a change that its conversation's head does not cover yet. */
export type UserAnswer = AppendedToUser | { outcome: 'delivered' } | { outcome: 'behind' }

interface Work {
  last_change: number
  sources: SourceRow[]
  loaded: LoadedUser
  answers: UserAnswer[]
}
export interface UserFlush {
  input: UserAppend
  answer: UserAnswer
  head: UserStreamRow
  work: Work
}
type UserJob = Job<UserFlush>

/** The users' streams: markers and settings, and the joined and left that follow from conversations. */
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
    const readable = jobs.filter(job => job.guard(() => job.tail.flatMap(row => markerEntriesOf(row))))
    const loaded = await loadUserStreams(this.#tables, readable)
    for (const [index, job] of readable.entries()) {
      const state = loaded[index]
      if (!state) continue
      const work: Work = { last_change: job.head?.last_change ?? 0, sources: [], loaded: state, answers: [] }
      job.work = work
      for (const row of job.tail) replay(job.stream, work, row)
      for (const [call, { input }] of job.calls.entries()) {
        work.answers.push(
          input.kind === 'draft'
            ? this.#decide(job, work, input.draft, state.beyond.get(call) ?? null)
            : deliver(job, work, input),
        )
      }
    }
  }

  #decide(job: UserJob, work: Work, draft: UserDraft, beyond: Beyond | null): UserAnswer {
    const change = work.last_change + 1
    const row = work.loaded.conversations.get(draft.conversation_id)
    const known = work.loaded.members.get(memberKey(draft.conversation_id, job.stream))
    if (!known || !row || row.purged) return { outcome: 'refused', code: 'not_found' }
    const { member } = known
    if (member.joined_change > row.last_change) return { outcome: 'behind' }
    const at = this.#clock().toISOString()
    const state = { conversation: toConversation(row), member, beyond }
    const decided = decideUserDraft(draft, state, { stream: job.stream, change, at })
    if (!decided) return { outcome: 'unchanged', member }
    const entry = narrow(decided)
    apply(known, entry)
    job.lines.push({ ...toLine(entry), joined_change: member.joined_change })
    work.last_change = change
    return { outcome: 'committed', member: known.member }
  }

  async project(jobs: UserJob[]): Promise<void> {
    const works = jobs.flatMap(({ work }) => work ?? [])
    const members = works.flatMap(({ loaded }) => [...loaded.members].filter(([, { touched }]) => touched))
    await Promise.all([
      this.#tables.sources.insertMissing(works.flatMap(({ sources }) => sources)),
      this.#tables.members.update(members.map(([id, member]) => memberUpdate(id, member))),
      this.#tables.mentions.updateMany(
        members.flatMap(([, { member, user_change, marked }]) => {
          const { conversation_id, user_id, read_seq: seq } = member
          return marked ? mentionUpdates({ conversation_id, user_id, seq, set_back: marked.back }, user_change) : []
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

function replay(stream: string, work: Work, row: LogRow): void {
  work.last_change = row.last
  for (const [index, line] of row.entries.entries()) {
    const source = sourceOf(line)
    if (source === undefined) continue
    const _id = sourceKey(stream, source)
    work.loaded.sources.add(_id)
    work.sources.push({ _id, change: row.first + index })
  }
  for (const { joined_change, ...entry } of markerEntriesOf(row)) {
    const known = work.loaded.members.get(memberKey(entry.data.conversation_id, stream))
    if (known && known.user_change < entry.change && known.member.joined_change === joined_change) apply(known, entry)
  }
}

function deliver(
  job: UserJob,
  work: Work,
  { event, source, at }: Extract<UserAppend, { kind: 'delivery' }>,
): UserAnswer {
  const _id = sourceKey(job.stream, source)
  if (work.loaded.sources.has(_id)) return { outcome: 'delivered' }
  work.loaded.sources.add(_id)
  work.last_change += 1
  work.sources.push({ _id, change: work.last_change })
  job.lines.push({ event: event.event, seq: null, at, json: JSON.stringify(event.data), hidden: null, source })
  return { outcome: 'delivered' }
}

function apply(known: MarkedMember, entry: MarkerEntry): void {
  const member = projectUserEntry(entry, known.member)
  Object.assign(known, { member, user_change: entry.change, touched: true })
  if (entry.event === 'read.updated') known.marked = { back: known.marked?.back === true || !entry.hidden?.receipt }
}

function memberUpdate(id: string, { member, user_change }: { member: MemberRecord; user_change: number }) {
  const { joined_change, read_seq, read_at_seq, read_countable, own_unread, receipt_seq, receipt_at } = member
  const { muted_until, pinned, archived, notify } = member
  const read = { read_seq, read_at_seq, read_countable, own_unread, receipt_seq, receipt_at }
  // Of this very membership: a new one after leaving begins with markers and settings of its own.
  const guard = {
    present: { $eq: true },
    joined_change: { $eq: joined_change },
    user_change: { $lt: user_change },
  }
  return { id, guard, set: { ...read, muted_until, pinned, archived, notify, user_change } }
}

/** Distinguishes the two events that `decideUserDraft` returns as one entry type. */
function narrow(entry: Entry<'read.updated' | 'membership.updated'>): MarkerEntry {
  return entry as MarkerEntry
}
