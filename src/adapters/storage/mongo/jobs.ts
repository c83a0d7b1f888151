import type { ClaimedJob, JobRecord, Jobs, NewJob, OwnerRecord, Owners, QueueState } from '../../../ports/jobs.ts'
import type { Tables } from './rows/tables.ts'

export class MongoJobs implements Jobs {
  readonly #tables: Tables
  readonly #ids: () => string
  constructor(tables: Tables, ids: () => string) {
    this.#tables = tables
    this.#ids = ids
  }

  async enqueue(jobs: readonly NewJob[]): Promise<void> {
    const rows = jobs.map(({ id, queue, payload, due_at }) => {
      return { _id: id, queue, payload, due: dueKey(queue, due_at), attempts: 0, claim: '' }
    })
    await this.#tables.jobs.insertMissing(rows)
  }

  /** Of several processes that find a job the one whose claim is in its row has it. */
  async claim(queue: string, now: string, until: string, limit: number): Promise<JobRecord[]> {
    const { jobs } = this.#tables
    const found = await jobs.find(dueAt(queue, now), { sort: { due: 1, _id: 1 }, limit })
    if (found.length === 0) return []
    const claim = this.#ids()
    await jobs.update(
      found.map(({ _id: id, claim: seen, attempts }) => ({
        id,
        guard: { claim: { $eq: seen }, attempts: { $eq: attempts }, due: { $lte: dueKey(queue, now) } },
        set: { due: dueKey(queue, until), attempts: attempts + 1, claim },
      })),
    )
    const rows = new Map((await jobs.findIds(found.map(({ _id }) => _id))).map(row => [row._id, row]))
    return found.flatMap(({ _id }) => {
      const row = rows.get(_id)
      if (row?.claim !== claim) return []
      return [{ id: _id, queue, payload: row.payload, due_at: until, attempts: row.attempts }]
    })
  }

  async done({ id, attempts }: ClaimedJob): Promise<void> {
    await this.#tables.jobs.delete({ _id: { $eq: id }, attempts: { $eq: attempts } })
  }

  async fail({ id, attempts }: ClaimedJob, next: Parameters<Jobs['fail']>[1]): Promise<void> {
    const { jobs } = this.#tables
    const row = await jobs.findId(id)
    if (!row) return
    const guard = { attempts: { $eq: attempts }, due: { $gt: '' } }
    if ('at' in next) await jobs.updateOne({ id, guard, set: { due: dueKey(row.queue, next.at) } })
    else {
      const set = { dead: row.queue, expires_at: next.expires_at }
      await jobs.updateOne({ id, guard, set, unset: ['due'] })
    }
  }

  async state(queue: string, now: string): Promise<QueueState> {
    const { jobs } = this.#tables
    const [[oldest], due, dead] = await Promise.all([
      jobs.find(dueAt(queue, now), { sort: { due: 1, _id: 1 }, limit: 1 }),
      jobs.countBy('queue', dueAt(queue, now)),
      jobs.countBy('queue', { dead: { $in: [queue] } }),
    ])
    return {
      due: due.get(queue) ?? 0,
      oldest_due_at: oldest?.due?.slice(queue.length + 1) ?? null,
      dead: dead.get(queue) ?? 0,
    }
  }
}

function dueKey(queue: string, due_at: string): string {
  return `${queue}:${due_at}`
}

function dueAt(queue: string, now: string): { due: { $gte: string; $lte: string } } {
  return { due: { $gte: `${queue}:`, $lte: dueKey(queue, now) } }
}

export class MongoOwners implements Owners {
  readonly #tables: Tables
  constructor(tables: Tables) {
    this.#tables = tables
  }

  async find(name: string): Promise<OwnerRecord | null> {
    const row = await this.#tables.owners.findId(name)
    return row && { name, owner: row.owner, heartbeat: row.heartbeat }
  }

  replace(seen: OwnerRecord | null, { name, owner, heartbeat }: OwnerRecord): Promise<boolean> {
    const { owners } = this.#tables
    if (!seen) return owners.insert({ _id: name, owner, heartbeat })
    const guard = { owner: { $eq: seen.owner }, heartbeat: { $eq: seen.heartbeat } }
    return owners.updateOne({ id: name, guard, set: { owner, heartbeat } })
  }

  async release(name: string, owner: string): Promise<void> {
    await this.#tables.owners.delete({ _id: { $eq: name }, owner: { $eq: owner } })
  }
}
