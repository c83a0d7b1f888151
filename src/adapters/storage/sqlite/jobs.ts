import type { JobRecord, Jobs, OwnerRecord, Owners } from '../../../ports/jobs.ts'
import type { Db } from './database.ts'
import type { GroupCommit } from './group-commit.ts'

export function openJobs(db: Db, commits: GroupCommit): Jobs {
  const add = db.write('INSERT OR IGNORE INTO jobs (id, queue, payload, due_at, attempts) VALUES (?, ?, ?, ?, 0)')
  const due = db.read<JobRecord>(
    `SELECT id, queue, payload, due_at, attempts FROM jobs WHERE queue = ? AND due_at <= ? ORDER BY due_at, id LIMIT ?`,
  )
  const take = db.write('UPDATE jobs SET due_at = ?, attempts = attempts + 1 WHERE id = ?')
  const remove = db.write('DELETE FROM jobs WHERE id = ? AND attempts = ?')
  const release = db.write(
    'UPDATE jobs SET due_at = ?, expires_at = ? WHERE id = ? AND attempts = ? AND due_at IS NOT NULL',
  )
  const waiting = db.read<{ due: number; oldest_due_at: string | null }>(
    'SELECT count(*) AS due, min(due_at) AS oldest_due_at FROM jobs WHERE queue = ? AND due_at <= ?',
  )
  const dead = db.read<{ dead: number }>('SELECT count(*) AS dead FROM jobs WHERE queue = ? AND due_at IS NULL')
  return {
    enqueue: jobs =>
      commits.submit(() => {
        for (const { id, queue, payload, due_at } of jobs) add(id, queue, payload, due_at)
      }),
    claim: (queue, now, until, limit) =>
      commits.submit(() =>
        due.all(queue, now, limit).map(job => {
          take(until, job.id)
          return { ...job, due_at: until, attempts: job.attempts + 1 }
        }),
      ),
    done: ({ id, attempts }) => commits.submit(() => void remove(id, attempts)),
    fail: ({ id, attempts }, next) =>
      commits.submit(() => {
        const [due_at, expires_at] = 'at' in next ? [next.at, null] : [null, next.expires_at]
        release(due_at, expires_at, id, attempts)
      }),
    async state(queue, now) {
      return {
        ...(waiting.get(queue, now) ?? { due: 0, oldest_due_at: null }),
        dead: dead.get(queue)?.dead ?? 0,
      }
    },
  }
}

/** In memory: one process has the file, so there is no other owner, and none is left when it is opened again. */
export function openOwners(): Owners {
  const records = new Map<string, OwnerRecord>()
  return {
    async find(name) {
      return records.get(name) ?? null
    },
    async replace(seen, next) {
      const found = records.get(next.name)
      if (found?.owner !== seen?.owner || found?.heartbeat !== seen?.heartbeat) return false
      records.set(next.name, next)
      return true
    },
    async release(name, owner) {
      if (records.get(name)?.owner === owner) records.delete(name)
    },
  }
}
