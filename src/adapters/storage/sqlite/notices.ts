import type { NoticeRecord } from '../../../domain/push.ts'
import type { NoticeOutcome, Notices } from '../../../ports/notices.ts'
import type { Db } from './database.ts'
import type { GroupCommit } from './group-commit.ts'

type NoticeRow = Omit<NoticeRecord, 'data'> & { data: string }

const NOTICE = 'id, created_by, title, body, data, accepted, skipped, devices, created_at, expires_at'

export function openNotices(db: Db, commits: GroupCommit): Notices {
  const one = db.read<NoticeRow>(`SELECT ${NOTICE} FROM notices WHERE id = ?`)
  const insert = db.write(`INSERT OR REPLACE INTO notices (${NOTICE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const record = db.write(
    'INSERT OR IGNORE INTO notice_outcomes (notice_id, device_id, outcome, expires_at) VALUES (?, ?, ?, ?)',
  )
  const known = db.read<{ found: number }>(
    'SELECT 1 AS found FROM notice_outcomes WHERE notice_id = ? AND device_id = ?',
  )
  const counts = db.read<{ outcome: NoticeOutcome; count: number }>(
    'SELECT outcome, count(*) AS count FROM notice_outcomes WHERE notice_id = ? GROUP BY outcome',
  )
  return {
    create: ({ id, created_by, title, body, data, accepted, skipped, devices, created_at, expires_at }) =>
      commits.submit(() => {
        insert(id, created_by, title, body, JSON.stringify(data), accepted, skipped, devices, created_at, expires_at)
      }),
    async find(id) {
      const row = one.get(id)
      return row && { ...row, data: JSON.parse(row.data) as NoticeRecord['data'] }
    },
    record: ({ id, expires_at }, device_id, outcome) =>
      commits.submit(() => void record(id, device_id, outcome, expires_at)),
    async hasOutcome(id, device_id) {
      return known.get(id, device_id) !== null
    },
    async outcomes(id) {
      const found = new Map(counts.all(id).map(({ outcome, count }) => [outcome, count]))
      return { delivered: found.get('delivered') ?? 0, failed: found.get('failed') ?? 0 }
    },
  }
}
