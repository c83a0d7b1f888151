import type { CursorRecord, Cursors } from '../../../ports/storage.ts'
import type { Db } from './database.ts'
import type { GroupCommit } from './group-commit.ts'

export function openCursors(db: Db, commits: GroupCommit): Cursors {
  const one = db.read<Omit<CursorRecord, 'positions'> & { positions: string }>(
    'SELECT id, user_id, positions, expires_at FROM cursors WHERE id = ?',
  )
  const put = db.write('INSERT OR REPLACE INTO cursors (id, user_id, positions, expires_at) VALUES (?, ?, ?, ?)')
  return {
    save: ({ id, user_id, positions, expires_at }) =>
      commits.submit(() => void put(id, user_id, JSON.stringify(positions), expires_at)),
    async find(id) {
      const row = one.get(id)
      return row && { ...row, positions: JSON.parse(row.positions) as CursorRecord['positions'] }
    },
  }
}
