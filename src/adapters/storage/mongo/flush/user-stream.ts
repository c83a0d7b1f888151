import type { Contact } from '../../../../../contracts/entities.ts'
import type { UserDraft } from '../../../../domain/log/entry.ts'
import { decideUserDraft, projectUserEntry, type Beyond } from '../../../../domain/log/user-stream.ts'
import type { AppendedToUser } from '../../../../ports/storage.ts'
import { profileKey, sourceKey } from '../rows/keys.ts'
import { sourceOf, toLine } from '../rows/records.ts'
import type { LogRow, ProfileRow, SourceRow, UserStreamRow } from '../rows/rows.ts'
import type { Tables } from '../rows/tables.ts'
import type { Job, StreamType } from './job.ts'
import { loadUserStreams, ownEntriesOf, type LoadedUser, type UserAppend } from './user-load.ts'
import { isOpen, remember, rowsBefore, stateOf, writeUserRows } from './user-rows.ts'

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

/** The users' streams: what users change of their own, and the joined and left that follow from conversations. */
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
    const readable = jobs.filter(job => job.guard(() => job.tail.flatMap(row => ownEntriesOf(row))))
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
    const state = stateOf(draft, job.stream, work.loaded, beyond)
    const { membership } = state
    if (membership && membership.member.joined_change > membership.conversation.last_change)
      return { outcome: 'behind' }
    const at = this.#clock().toISOString()
    const decision = decideUserDraft(draft, state, { stream: job.stream, change, at })
    if (decision.outcome !== 'committed') return decision
    const { entry, row_change } = decision
    remember(work.loaded, row_change, change)
    job.lines.push({ ...toLine(entry), ...(membership ? { joined_change: membership.member.joined_change } : {}) })
    work.last_change = change
    return { outcome: 'committed', row: row_change.put }
  }

  async project(jobs: UserJob[]): Promise<void> {
    const works = jobs.flatMap(({ work }) => work ?? [])
    const loaded = works.map(work => work.loaded)
    await Promise.all([
      this.#tables.sources.insertMissing(works.flatMap(({ sources }) => sources)),
      this.#tables.profiles.insertMissing(jobs.flatMap(profilesShown)),
      writeUserRows(this.#tables, loaded, this.#clock().toISOString()),
    ])
  }

  deliveries(): number {
    return 0
  }

  async deliver(): Promise<void> {}

  async advance(jobs: UserJob[]): Promise<void> {
    const updates = jobs.map(({ stream, head, last }) => {
      const guard = { last_change: { $gte: head?.last_change ?? 0, $lt: last } }
      const min = { unfollowed: head?.last_change ?? 0 }
      return { id: stream, guard, set: { last_change: last }, min, upsert: head === null }
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
  for (const entry of ownEntriesOf(row)) {
    if (!isOpen(entry, work.loaded)) continue
    const row_change = projectUserEntry(entry, rowsBefore(entry, work.loaded))
    if (row_change) remember(work.loaded, row_change, entry.change)
  }
}

/** Which entries of the job show whose profile, so that it can be taken out when the account is deleted. */
function profilesShown({ tail, row }: UserJob): ProfileRow[] {
  return [...tail, ...(row ? [row] : [])].flatMap(({ stream, first, entries }) =>
    entries.flatMap(({ event, json }, index) => {
      if (!event.startsWith('contact.')) return []
      const { contact_id } = JSON.parse(json) as Contact
      return { _id: profileKey(contact_id, stream, first + index) }
    }),
  )
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
