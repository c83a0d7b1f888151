import { ConversationState, type Decision, type Loaded } from '../../../../domain/log/conversation-state.ts'
import type { ConversationDraft, ConversationEntry } from '../../../../domain/log/entry.ts'
import { filesUsedBy } from '../../../../domain/log/needs.ts'
import type { Appended, ExpectedVersion } from '../../../../ports/storage.ts'
import { messageKey } from '../rows/keys.ts'
import { changesOf, entriesOf, toLine, toMessage } from '../rows/records.ts'
import type { ConversationRow } from '../rows/rows.ts'
import type { Tables } from '../rows/tables.ts'
import type { Delivery } from './deliver.ts'
import type { FileHolds } from './file-holds.ts'
import type { Job, StreamType } from './job.ts'
import { loadConversations } from './load.ts'
import { writeRows } from './projections.ts'
import { purge } from './purge.ts'
import { RowWrites } from './row-writes.ts'

export interface ConversationAppend {
  drafts: readonly ConversationDraft[]
  seen: ExpectedVersion
}
interface Work {
  /** Holds of the files that its drafts name. */
  holds: string[]
  decisions: Decision[]
  writes: RowWrites
}
export interface ConversationFlush {
  input: ConversationAppend
  answer: Appended
  head: ConversationRow
  work: Work
}
type ConversationJob = Job<ConversationFlush>

export interface ConversationOptions {
  tables: Tables
  clock: () => Date
  ids: () => string
  holds: FileHolds
  deliver: (conversation_id: string, deliveries: readonly Delivery[]) => Promise<void>
}

/** The streams of conversations. The rules are those of `ConversationState`; here they are loaded, written and purged. */
export class ConversationStream implements StreamType<ConversationFlush> {
  readonly name = 'conversation'
  readonly #options: ConversationOptions
  constructor(options: ConversationOptions) {
    this.#options = options
  }

  async readHeads(streams: string[]): Promise<Map<string, ConversationRow>> {
    const rows = await this.#options.tables.conversations.findIds(streams)
    return new Map(rows.map(row => [row._id, row]))
  }

  async decide(jobs: ConversationJob[]): Promise<void> {
    for (const job of jobs) if (isForeign(job)) job.tail = []
    const asked = jobs.flatMap(job => job.guard(() => askedBy(job)) ?? [])
    const held = await this.#options.holds.hold(asked.map(({ file_ids }) => file_ids))
    const files = await this.#options.holds.present(asked.flatMap(({ file_ids }) => file_ids))
    const loaded = await loadConversations(
      this.#options.tables,
      asked.map(({ wanted }) => wanted),
      files,
    )
    for (const [index, { job, tail }] of asked.entries()) {
      const state = loaded[index]
      if (state) job.guard(() => this.#decide(job, state, tail, held[index] ?? []))
    }
  }

  #decide(job: ConversationJob, loaded: Loaded, tail: ConversationEntry[], held: readonly string[]): void {
    const { clock, ids } = this.#options
    const state = new ConversationState(loaded)
    state.replay(tail)
    const decisions = job.calls.map(({ input }) => {
      const decision = state.decide(input.drafts, input.seen, { at: clock().toISOString(), ids })
      if (decision.outcome === 'repeat' && decision.change > state.last_change) job.behind = true
      if (decision.outcome === 'committed') job.lines.push(...decision.entries.map(toLine))
      return decision
    })
    const holds = [...(job.work?.holds ?? []), ...held]
    job.work = { decisions, holds, writes: new RowWrites(job.stream, job.head, state.applied) }
  }

  async project(jobs: ConversationJob[]): Promise<void> {
    await writeRows(
      this.#options.tables,
      jobs.flatMap(({ work }) => work?.writes ?? []),
    )
  }

  deliveries({ work }: ConversationJob): number {
    return work?.writes.deliveries.length ?? 0
  }

  async deliver({ stream, work }: ConversationJob): Promise<void> {
    if (work) await this.#options.deliver(stream, work.writes.deliveries)
  }

  async advance(jobs: ConversationJob[]): Promise<void> {
    const updates = jobs.flatMap(({ head, work }) => {
      const row = work?.writes.row()
      if (!row) return []
      const guard = { last_change: { $gte: head?.last_change ?? 0, $lt: row.last_change } }
      const min = { unfollowed: head?.last_change ?? 0 }
      return [{ id: row._id, guard, set: changesOf(head, row), min, upsert: head === null }]
    })
    const moved = await this.#options.tables.conversations.update(updates)
    if (moved === updates.length) return
    const present = await this.readHeads(updates.map(({ id }) => id))
    const behind = jobs.find(({ stream, last }) => (present.get(stream)?.last_change ?? 0) < last)
    if (behind) throw new Error(`the head of ${behind.stream} did not move to ${behind.last}`)
    for (const job of jobs) {
      // Purged by another process while this one wrote rows of what came before.
      const row = present.get(job.stream)
      if (row?.purged && job.work && !job.work.writes.purged) job.clear = () => this.#purge(row)
    }
  }

  #purge(head: ConversationRow): Promise<void> {
    const { tables, clock } = this.#options
    return purge(tables, head, clock().toISOString())
  }

  async complete(jobs: ConversationJob[]): Promise<Map<string, ConversationRow>> {
    const heads = new Map<string, ConversationRow>()
    await this.#options.holds.end(jobs.flatMap(({ work }) => work?.holds ?? []))
    const repeats = jobs.flatMap(({ stream, work }) =>
      (work?.decisions ?? []).flatMap(each => (each.outcome === 'repeat' ? messageKey(stream, each.seq) : [])),
    )
    const rows = new Map((await this.#options.tables.messages.findIds(repeats)).map(row => [row._id, row]))
    for (const job of jobs) {
      const moved = job.last > (job.head?.last_change ?? 0)
      const head = (moved ? job.work?.writes.row() : null) ?? job.head
      if (head) heads.set(job.stream, head)
      if (head?.purged && (job.doubted || moved)) job.clear = () => this.#purge(head)
      job.answers = (job.work?.decisions ?? []).map(decision => () => {
        if (decision.outcome !== 'repeat') return decision
        const row = rows.get(messageKey(job.stream, decision.seq))
        return row ? { outcome: 'repeat', message: toMessage(row) } : { outcome: 'refused', code: 'not_found' }
      })
    }
    return heads
  }
}

/** A user stream whose id was given as a conversation's: there is no such conversation. */
function isForeign({ head, tail }: ConversationJob): boolean {
  return head === null && tail[0] !== undefined && tail[0].entries[0]?.event !== 'conversation.created'
}

function askedBy(job: ConversationJob) {
  const tail = job.tail.flatMap(row => entriesOf<ConversationEntry>(row))
  const drafts = job.calls.flatMap(({ input }) => input.drafts)
  const file_ids = drafts.flatMap(filesUsedBy)
  return { job, tail, file_ids, wanted: { stream: job.stream, head: job.head, subjects: [...tail, ...drafts] } }
}
