import type { ConversationDraft, ConversationEntry } from '../../../../domain/log/entry.ts'
import { decide } from '../../../../domain/log/decide.ts'
import { needsOf, Rejection } from '../../../../domain/log/state.ts'
import type { Appended, ExpectedVersion } from '../../../../ports/storage.ts'
import type { Delivery } from './deliver.ts'
import type { Job, StreamType } from './job.ts'
import { messageKey, sendKey } from '../rows/keys.ts'
import { loadConversations, wantedBy } from './load.ts'
import { projectWrites } from './projections.ts'
import { purge } from './purge.ts'
import { entriesOf, toLine, toMessage } from '../rows/records.ts'
import type { ConversationRow } from '../rows/rows.ts'
import type { Tables } from '../rows/tables.ts'
import { ConversationState, type Loaded } from './conversation-state.ts'

export interface ConversationAppend {
  drafts: readonly ConversationDraft[]
  seen: ExpectedVersion
}
/** A repeat names the key of its message until the message is read. */
type Decided = Exclude<Appended, { outcome: 'repeat' }> | { outcome: 'repeat'; message_key: string }
interface Work {
  state: ConversationState
  decided: Decided[]
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
  deliver: (conversation_id: string, deliveries: readonly Delivery[]) => Promise<void>
}

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
    const loaded = await loadConversations(
      this.#options.tables,
      asked.map(({ wanted }) => wanted),
    )
    for (const [index, { job, tail }] of asked.entries()) {
      const loads = loaded[index]
      if (loads) job.guard(() => this.#run(job, loads, tail))
    }
  }

  #run(job: ConversationJob, loaded: Loaded, tail: ConversationEntry[]): void {
    const purging = tail.some(entry => entry.event === 'conversation.deleted')
    const work: Work = { state: new ConversationState(loaded, purging), decided: [] }
    for (const entry of tail) work.state.apply(entry)
    job.work = work
    for (const { input } of job.calls) {
      const decided = this.#decide(job, work, input)
      work.decided.push(decided)
      if (decided.outcome === 'committed') job.lines.push(...decided.entries.map(toLine))
    }
  }

  #decide(job: ConversationJob, work: Work, { drafts, seen }: ConversationAppend): Decided {
    const { state } = work
    const { conversation } = state.view(NOTHING)
    const creates = drafts.some(draft => draft.event === 'conversation.created')
    if (creates && state.last_change > 0) return { outcome: 'exists', conversation_id: job.stream }
    if (!creates && !conversation) return { outcome: 'refused', code: 'not_found' }
    if (seen.access_change !== undefined && conversation && seen.access_change !== conversation.access_change) {
      return { outcome: 'conflict' }
    }
    for (const draft of drafts) {
      const stored = draft.event === 'message.created' ? state.keys.get(keyOf(job.stream, draft.message)) : undefined
      if (!stored) continue
      if (stored.change > state.last_change) job.behind = true
      return { outcome: 'repeat', message_key: messageKey(job.stream, stored.seq) }
    }
    if (drafts.some(draft => hasChanged(draft, state, seen))) return { outcome: 'conflict' }
    return this.#commit(job.stream, work, drafts)
  }

  #commit(stream: string, work: Work, drafts: readonly ConversationDraft[]): Decided {
    // All drafts or none: with several, they are tried on a copy.
    const state = drafts.length > 1 ? work.state.fork() : work.state
    const entries: ConversationEntry[] = []
    const at = this.#options.clock().toISOString()
    for (const draft of drafts) {
      const decision = decide(draft, state.view(needsOf(draft)), { stream, at, ids: this.#options.ids })
      if (decision instanceof Rejection) return { outcome: 'refused', code: decision.code }
      if (!decision) continue
      state.apply(decision)
      entries.push(decision)
    }
    work.state = state
    return entries.length > 0 ? { outcome: 'committed', entries } : { outcome: 'unchanged' }
  }

  async project(jobs: ConversationJob[]): Promise<void> {
    const works = jobs.flatMap(({ stream, work }) => (work ? [{ stream, state: work.state }] : []))
    await projectWrites(this.#options.tables, works)
  }

  deliveries({ work }: ConversationJob): number {
    return work?.state.writes.own.length ?? 0
  }

  async deliver({ stream, work }: ConversationJob): Promise<void> {
    if (work) await this.#options.deliver(stream, work.state.writes.own)
  }

  async advance(jobs: ConversationJob[]): Promise<void> {
    const updates = jobs.flatMap(({ head, work }) => {
      const row = work?.state.row()
      if (!row) return []
      const { _id: id, ...set } = row
      const guard = { last_change: { $gte: head?.last_change ?? 0, $lt: row.last_change } }
      return [{ id, guard, set, upsert: head === null }]
    })
    const moved = await this.#options.tables.conversations.update(updates)
    if (moved === updates.length) return
    const present = await this.readHeads(updates.map(({ id }) => id))
    const behind = jobs.find(({ stream, last }) => (present.get(stream)?.last_change ?? 0) < last)
    if (behind) throw new Error(`the head of ${behind.stream} did not move to ${behind.last}`)
    for (const job of jobs) {
      // Purged by somebody faster, while this process was writing projections of what came before.
      const row = present.get(job.stream)
      if (row?.purged && job.work && !job.work.state.purged) job.clear = () => purge(this.#options.tables, row)
    }
  }

  async complete(jobs: ConversationJob[]): Promise<Map<string, ConversationRow>> {
    const { messages } = this.#options.tables
    const heads = new Map<string, ConversationRow>()
    const repeats = jobs.flatMap(({ work }) =>
      (work?.decided ?? []).flatMap(each => ('message_key' in each ? each.message_key : [])),
    )
    const rows = new Map((await messages.findIds(repeats)).map(row => [row._id, row]))
    for (const job of jobs) {
      const head = (job.last > (job.head?.last_change ?? 0) ? job.work?.state.row() : null) ?? job.head
      if (head) heads.set(job.stream, head)
      if (head?.purged && (job.doubted || job.last > (job.head?.last_change ?? 0))) {
        job.clear = () => purge(this.#options.tables, head)
      }
      job.answers = (job.work?.decided ?? []).map(decided => () => {
        if (decided.outcome !== 'repeat') return decided
        const row = rows.get(decided.message_key)
        return row ? { outcome: 'repeat', message: toMessage(row) } : { outcome: 'refused', code: 'not_found' }
      })
    }
    return heads
  }
}

/** A user's own stream, whose id somebody gave for a conversation's: there is no such conversation. */
function isForeign({ head, tail }: ConversationJob): boolean {
  return head === null && tail[0] !== undefined && tail[0].entries[0]?.event !== 'conversation.created'
}

function askedBy(job: ConversationJob) {
  const tail = job.tail.flatMap(row => entriesOf<ConversationEntry>(row))
  const drafts = job.calls.flatMap(({ input }) => input.drafts)
  return { job, tail, wanted: wantedBy({ stream: job.stream, row: job.head, subjects: [...tail, ...drafts], drafts }) }
}

const NOTHING = { message_id: null, pin: false, user_ids: [], participants: false }

/** What makes a send recognisable: the client's id, or else the message's own. */
export function keyOf(stream: string, message: { id: string; sender_id: string; client_id: string | null }): string {
  return message.client_id === null ? message.id : sendKey(stream, message.sender_id, message.client_id)
}

function hasChanged(draft: ConversationDraft, state: ConversationState, { message_change }: ExpectedVersion): boolean {
  if (message_change === undefined || !('message_id' in draft)) return false
  const message = state.messages.get(draft.message_id)
  return message !== undefined && message.change !== message_change
}
