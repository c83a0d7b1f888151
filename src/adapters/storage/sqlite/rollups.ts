import { merge, totalOf, type Counts, type Sheet } from '../../../domain/analytics/sheets.ts'
import type { Dimension, RollupBatch, Rollups } from '../../../ports/rollups.ts'
import type { Db } from './database.ts'
import type { GroupCommit } from './group-commit.ts'

interface Row {
  conversation: string
  month: string
  sender: string
  counts: string
}
interface Total {
  id: string
  count: number
}

export function openRollups(db: Db, commits: GroupCommit): Rollups {
  const columns = 'conversation, month, sender, counts'
  const version = db.read<{ value: string }>("SELECT value FROM meta WHERE key = 'rollups_version'")
  const setVersion = db.write("INSERT OR REPLACE INTO meta (key, value) VALUES ('rollups_version', ?)")
  const counted = db.read<{ change: number }>('SELECT change FROM counted WHERE stream = ?')
  const setCounted = db.write(
    'INSERT INTO counted (stream, change) VALUES (?, ?) ON CONFLICT (stream) DO UPDATE SET change = excluded.change',
  )
  const one = db.read<Row>(`SELECT ${columns} FROM sheets WHERE conversation = ? AND month = ? AND sender = ?`)
  const put = db.write(
    `INSERT INTO sheets (conversation, month, sender, count, counts) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (conversation, month, sender) DO UPDATE SET count = excluded.count, counts = excluded.counts`,
  )
  const drop = db.write('DELETE FROM sheets WHERE conversation = ? AND month = ? AND sender = ?')
  const pages = {
    sender: db.read<Row>(
      `SELECT ${columns} FROM sheets WHERE conversation = ? AND month = ? AND sender > ? ORDER BY sender LIMIT ?`,
    ),
    conversation: db.read<Row>(
      `SELECT ${columns} FROM sheets WHERE sender = ? AND month = ? AND conversation > ? ORDER BY conversation LIMIT ?`,
    ),
  } satisfies Record<Dimension, unknown>
  const totals = {
    sender: db.read<Total>(
      `SELECT sender AS id, sum(count) AS count FROM sheets
       WHERE conversation = ? AND month >= ? AND month <= ? AND sender <> '' GROUP BY sender`,
    ),
    conversation: db.read<Total>(
      `SELECT conversation AS id, sum(count) AS count FROM sheets
       WHERE sender = ? AND month >= ? AND month <= ? AND conversation <> '' GROUP BY conversation`,
    ),
  } satisfies Record<Dimension, unknown>
  const pairs = db.read<Row>(`SELECT ${columns} FROM sheets WHERE conversation = ? AND sender <> '' LIMIT ?`)
  const versionNow = () => Number(version.get()?.value ?? 0)

  function add(batch: RollupBatch): boolean {
    if (versionNow() !== batch.version) return false
    setVersion(String(batch.version + 1))
    for (const { stream, change } of batch.counted) setCounted(stream, change)
    for (const { conversation_id, month, sender_id, counts: more } of batch.sheets) {
      const row = one.get(conversation_id, month, sender_id)
      const counts = row ? countsOf(row) : {}
      merge(counts, more)
      const count = totalOf(counts)
      if (count === 0) drop(conversation_id, month, sender_id)
      else put(conversation_id, month, sender_id, count, JSON.stringify(counts))
    }
    return true
  }

  return {
    async state(streams) {
      return {
        version: versionNow(),
        counted: new Map(streams.map(stream => [stream, counted.get(stream)?.change ?? 0])),
      }
    },
    add: batch => commits.ride(() => add(batch)),
    async sheets({ conversation_id, sender_id }, months) {
      return months.flatMap(month => one.get(conversation_id, month, sender_id) ?? []).map(toSheet)
    },
    async sheetsBy(by, of, month, after, limit) {
      return pages[by].all(of, month, after, limit).map(toSheet)
    },
    async totalsBy(by, of, from_month, to_month) {
      return new Map(totals[by].all(of, from_month, to_month).map(({ id, count }) => [id, count]))
    },
    async ofConversation(conversation_id, limit) {
      return pairs.all(conversation_id, limit).map(toSheet)
    },
  }
}

/** Cast: the column contains what `add` has written. */
function countsOf({ counts }: Row): Counts {
  return JSON.parse(counts) as Counts
}

function toSheet(row: Row): Sheet {
  return { conversation_id: row.conversation, sender_id: row.sender, month: row.month, counts: countsOf(row) }
}
