import { noStatus, present, type StatusRecord } from '../../../domain/status.ts'
import type { Statuses } from '../../../ports/statuses.ts'
import type { Db } from './database.ts'
import type { GroupCommit } from './group-commit.ts'

const STATUS = 'user_id, presence, text, emoji, expires_at, last_active_at'

export function openStatuses(db: Db, commits: GroupCommit): Statuses {
  const one = db.read<StatusRecord>(`SELECT ${STATUS} FROM statuses WHERE user_id = ?`)
  const put = db.write(`INSERT OR REPLACE INTO statuses (${STATUS}) VALUES (?, ?, ?, ?, ?, ?)`)
  const remove = db.write('DELETE FROM statuses WHERE user_id = ?')

  function write({ user_id, presence, text, emoji, expires_at, last_active_at }: StatusRecord): void {
    put(user_id, presence, text, emoji, expires_at, last_active_at)
  }

  return {
    async findMany(user_ids) {
      return user_ids.flatMap(user_id => one.get(user_id) ?? [])
    },
    save: (user_id, patch, now) =>
      commits.submit(() => {
        const record = { ...present(one.get(user_id) ?? noStatus(user_id), now), ...patch }
        write(record)
        return record
      }),
    touch: (user_id, at) =>
      commits.submit(() => {
        const record = one.get(user_id) ?? noStatus(user_id)
        if (record.last_active_at === null || record.last_active_at < at) write({ ...record, last_active_at: at })
      }),
    remove: user_id => commits.submit(() => void remove(user_id)),
  }
}
