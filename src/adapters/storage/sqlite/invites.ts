import type { InviteRecord } from '../../../domain/records.ts'
import type { Invites } from '../../../ports/invites.ts'
import type { Writers } from './append.ts'
import type { ConversationCache } from './conversations.ts'
import { range, type Db } from './database.ts'
import type { GroupCommit } from './group-commit.ts'

const INVITE = 'id, code, conversation_id, created_by, created_at, expires_at, max_uses, uses, revoked_at'

/** The rows of invites inside a transaction. */
export interface InviteRows {
  writers: Writers<'invite.used'>
  find(code: string): InviteRecord | null
}

export function openInviteRows(db: Db): InviteRows {
  const one = db.read<InviteRecord>(`SELECT ${INVITE} FROM invites WHERE code = ?`)
  const use = db.write('UPDATE invites SET uses = max(uses, ?) WHERE code = ?')
  return {
    writers: { 'invite.used': ({ code, uses }) => void use(uses, code) },
    find: code => one.get(code),
  }
}

export function openInvites(db: Db, rows: InviteRows, conversations: ConversationCache, commits: GroupCommit): Invites {
  const insert = db.write(
    `INSERT OR IGNORE INTO invites (${INVITE}, conversation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const ordered = (where: string) => ({
    forward: db.read<InviteRecord>(
      `SELECT ${INVITE} FROM invites WHERE ${where} AND id >= ?2 AND id < ?3 ORDER BY id ASC LIMIT ?4`,
    ),
    backward: db.read<InviteRecord>(
      `SELECT ${INVITE} FROM invites WHERE ${where} AND id <= ?2 AND id > ?3 ORDER BY id DESC LIMIT ?4`,
    ),
  })
  const ofConversation = ordered('conversation = ?1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?5)')
  const ofUser = ordered('created_by = ?1')
  const revoke = db.write('UPDATE invites SET revoked_at = ? WHERE code = ? AND revoked_at IS NULL')
  const revokeAll = db.write('UPDATE invites SET revoked_at = ? WHERE created_by = ? AND revoked_at IS NULL')
  return {
    create: ({ id, code, conversation_id, created_by, created_at, expires_at, max_uses, uses, revoked_at }) =>
      commits.submit(() => {
        const conversation = conversations.current(conversation_id)
        if (!conversation || conversation.purged) return false
        const fields = [id, code, conversation_id, created_by, created_at, expires_at, max_uses, uses, revoked_at]
        insert(...fields, conversation.n)
        return true
      }),
    async find(code) {
      const invite = rows.find(code)
      return invite && !conversations.find(invite.conversation_id)?.purged ? invite : null
    },
    async list(conversation_id, now, page) {
      const conversation = conversations.find(conversation_id)
      if (!conversation || conversation.purged) return []
      const read = page.ascending ? ofConversation.forward : ofConversation.backward
      return read.all(conversation.n, ...range(page), page.limit, now)
    },
    async ofUser(user_id, page) {
      const read = page.ascending ? ofUser.forward : ofUser.backward
      return read.all(user_id, ...range(page), page.limit)
    },
    revoke: (code, now) => commits.submit(() => void revoke(now, code)),
    revokeAllOfUser: (user_id, now) => commits.submit(() => void revokeAll(now, user_id)),
  }
}
