import { pairOf, type ConversationRecord } from '../../../domain/records.ts'
import type { Conversations } from '../../../ports/storage.ts'
import type { Db } from './database.ts'
import type { Heads } from './heads.ts'
import { range } from './members.ts'
import { CONVERSATION, toConversationRecord, type ConversationRow } from './rows.ts'

export function openConversations(db: Db, heads: Heads): Conversations {
  const direct = db.read<ConversationRow>(`SELECT ${CONVERSATION} FROM conversations WHERE pair = ?`)
  const listed = (where: string, order: string) =>
    db.read<ConversationRow>(
      `SELECT ${CONVERSATION} FROM conversations WHERE purged = 0 AND (?1 IS NULL OR disabled = ?1) AND ${where}
       ORDER BY ${order} LIMIT ?4`,
    )
  const byId = {
    forward: listed('id >= ?2 AND id < ?3', 'id ASC'),
    backward: listed('id <= ?2 AND id > ?3', 'id DESC'),
  }
  const byActivity = {
    forward: listed('(active_at, id) > (?2, ?3)', 'active_at ASC, id ASC'),
    backward: listed('(active_at, id) < (?2, ?3)', 'active_at DESC, id DESC'),
  }
  const disabledOf = ({ disabled }: { disabled?: boolean }) => (disabled === undefined ? null : disabled ? 1 : 0)

  function find(id: string): ConversationRecord | null {
    const head = heads.committed(id)
    return head && !head.purged ? { ...head.record } : null
  }

  return {
    async find(id) {
      db.check()
      return find(id)
    },
    async findDirect(user_id, other_id) {
      const row = direct.get(pairOf([user_id, other_id]))
      return row && toConversationRecord(row)
    },
    async listAll(filter, page) {
      const read = page.ascending ? byId.forward : byId.backward
      return read.all(disabledOf(filter), ...range(page), page.limit).map(toConversationRecord)
    },
    async listAllByActivity(filter, { ascending, after, limit }) {
      const read = ascending ? byActivity.forward : byActivity.backward
      const edge = after ?? { active_at: ascending ? '' : '\uffff', id: '' }
      return read.all(disabledOf(filter), edge.active_at, edge.id, limit).map(toConversationRecord)
    },
  }
}
