import type { UploadPart, UploadRecord } from '../../../domain/uploads.ts'
import type { Uploads } from '../../../ports/uploads.ts'
import type { Db } from './database.ts'
import { openUsage } from './files.ts'
import type { GroupCommit } from './group-commit.ts'

type UploadRow = Omit<UploadRecord, 'parts' | 'finished'> & { parts: string; finished: number }

const UPLOAD = 'id, user_id, metadata, length, offset, parts, claimed_until, finished, created_at, expires_at'

export function openUploads(db: Db, commits: GroupCommit): Uploads {
  const one = db.read<UploadRow>(`SELECT ${UPLOAD} FROM uploads WHERE id = ?`)
  const used = openUsage(db)
  const open = db.read<{ n: number }>('SELECT count(*) AS n FROM uploads WHERE user_id = ? AND finished = 0')
  const old = db.read<UploadRow>(`SELECT ${UPLOAD} FROM uploads WHERE expires_at <= ? ORDER BY expires_at LIMIT ?`)
  const insert = db.write(`INSERT INTO uploads (${UPLOAD}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const update = db.write(
    'UPDATE uploads SET offset = ?, parts = ?, claimed_until = ?, finished = ?, expires_at = ? WHERE id = ?',
  )
  const remove = db.write('DELETE FROM uploads WHERE id = ?')

  return {
    create: (
      { id, user_id, metadata, length, offset, parts, claimed_until, finished, created_at, expires_at },
      { quota_bytes, max_open },
    ) =>
      commits.submit(() => {
        if ((open.get(user_id)?.n ?? 0) >= max_open) return 'too_many_uploads'
        if (used(user_id) + length > quota_bytes) return 'quota_exceeded'
        const json = JSON.stringify(parts)
        insert(id, user_id, metadata, length, offset, json, claimed_until, Number(finished), created_at, expires_at)
        return 'created'
      }),
    async find(id) {
      const row = one.get(id)
      return row && toUpload(row)
    },
    advance: (id, expected, { offset, parts, claimed_until, finished, expires_at }) =>
      commits.submit(() => {
        const row = one.get(id)
        const isExpected =
          row?.offset === expected.offset &&
          row.claimed_until === expected.claimed_until &&
          row.finished === Number(expected.finished)
        if (isExpected) update(offset, JSON.stringify(parts), claimed_until, Number(finished), expires_at, id)
        return isExpected
      }),
    remove: id =>
      commits.submit(() => {
        const row = one.get(id)
        remove(id)
        return row && toUpload(row)
      }),
    async expired(now, limit) {
      return old.all(now, limit).map(toUpload)
    },
  }
}

function toUpload({ parts, finished, ...row }: UploadRow): UploadRecord {
  return { ...row, parts: JSON.parse(parts) as UploadPart[], finished: finished === 1 }
}
