import type { CursorRecord, Cursors } from '../../../ports/cursors.ts'
import type { Sessions, Ticket } from '../../../ports/storage.ts'
import type { Db } from './database.ts'
import type { GroupCommit } from './group-commit.ts'
import type { SessionRow } from './rows.ts'

const SESSION =
  'id, user_id, generation, rotated_at, created_at, last_used_at, expires_at, revoked_at, user_agent, address'

export function openSessions(db: Db, commits: GroupCommit): Sessions {
  const one = db.read<SessionRow>(`SELECT ${SESSION} FROM sessions WHERE id = ?`)
  const live = db.read<SessionRow>(
    `SELECT ${SESSION} FROM sessions WHERE user_id = ? AND revoked_at IS NULL AND expires_at > ? ORDER BY id DESC`,
  )
  const unrevoked = db.read<{ id: string }>(
    'SELECT id FROM sessions WHERE user_id = ? AND revoked_at IS NULL AND id <> ?',
  )
  const insert = db.write(`INSERT INTO sessions (${SESSION}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const verified = db.write(
    `UPDATE users SET password_hash = ?1
     WHERE id = ?2 AND (password_hash IS ?1 OR password_hash IS ?3) AND disabled = 0 AND deleted = 0`,
  )
  const rotate = db.write(
    `UPDATE sessions SET generation = ?5, rotated_at = ?1, last_used_at = ?1, expires_at = ?2
     WHERE id = ?3 AND generation = ?4 AND revoked_at IS NULL`,
  )
  const revoke = db.write('UPDATE sessions SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL')
  const ticket = db.read<Ticket>('SELECT hash, session_id, expires_at, token_expires_at FROM tickets WHERE hash = ?')
  const addTicket = db.write('INSERT INTO tickets (hash, session_id, expires_at, token_expires_at) VALUES (?, ?, ?, ?)')
  const dropTicket = db.write('DELETE FROM tickets WHERE hash = ?')
  return {
    open: (s, { password_hash, new_hash = password_hash }) =>
      commits.submit(() => {
        // The new hash may be stored already by an earlier attempt of this call whose answer was lost.
        if (verified(new_hash, s.user_id, password_hash) === 0) return 'conflict'
        insert(
          s.id,
          s.user_id,
          s.generation,
          s.rotated_at,
          s.created_at,
          s.last_used_at,
          s.expires_at,
          s.revoked_at,
          s.user_agent,
          s.address,
        )
        return 'opened'
      }),
    async find(id) {
      return one.get(id)
    },
    async listOfUser(user_id, now) {
      return live.all(user_id, now)
    },
    rotate: (id, { from, to }, now, expires_at) => commits.submit(() => rotate(now, expires_at, id, from, to) > 0),
    // Only one process uses the file, so no other process can revoke a session.
    onRevoked: () => () => undefined,
    revoke: (id, now) => commits.submit(() => revoke(now, id) > 0),
    revokeAllOfUser: (user_id, now, except = '') =>
      commits.submit(() => {
        const ids = unrevoked.all(user_id, except).map(row => row.id)
        for (const id of ids) revoke(now, id)
        return ids
      }),
    createTicket: ({ hash, session_id, expires_at, token_expires_at }) =>
      commits.submit(() => void addTicket(hash, session_id, expires_at, token_expires_at)),
    takeTicket: (hash, now) =>
      commits.submit(() => {
        const found = ticket.get(hash)
        if (!found) return null
        dropTicket(hash)
        return found.expires_at > now ? found : null
      }),
  }
}

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
