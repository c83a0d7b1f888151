import type { FileRecord } from '../../../domain/records.ts'
import type { FileRows } from '../../../ports/file-rows.ts'
import type { Writers } from './append.ts'
import type { Db } from './database.ts'
import type { GroupCommit } from './group-commit.ts'
import { FILE, flag, toFileRecord, type FileRow } from './rows.ts'

/** The conversation of a reference by a user's avatar: there is none of this number. */
const NO_CONVERSATION = 0

/** The references to files, in the state of the running transaction. */
export interface FileReferences {
  writers: Writers<'files.attached' | 'files.released'>
  exists(id: string): boolean
  /** The user's avatar changes. */
  avatar(user_id: string, before: string | null, after: string | null, at: string): void
  /** Removes at most `most` references by a conversation, and returns how many. */
  releaseSome(conversation: number, most: number, at: string): number
}

export function openFileReferences(db: Db): FileReferences {
  const one = db.read<{ id: string }>('SELECT id FROM files WHERE id = ?')
  const add = db.write('INSERT OR IGNORE INTO file_references (file_id, by, conversation) VALUES (?, ?, ?)')
  const keep = db.write('UPDATE files SET expires_at = NULL WHERE id = ?')
  const drop = db.write('DELETE FROM file_references WHERE file_id = ? AND by = ?')
  const expire = db.write(
    `UPDATE files SET expires_at = ? WHERE id = ? AND NOT EXISTS
     (SELECT 1 FROM file_references WHERE file_id = files.id)`,
  )
  const some = db.read<{ file_id: string; by: string }>(
    'SELECT file_id, by FROM file_references WHERE conversation = ? LIMIT ?',
  )

  function attach(id: string, by: string, conversation: number): void {
    add(id, by, conversation)
    keep(id)
  }
  function release(id: string, by: string, at: string): void {
    drop(id, by)
    expire(at, id)
  }

  return {
    writers: {
      'files.attached'({ by, file_ids }, { n }) {
        for (const id of file_ids) attach(id, by, n)
      },
      'files.released'({ by, file_ids }, { entry: { at } }) {
        for (const id of file_ids) release(id, by, at)
      },
    },
    exists: id => one.get(id) !== null,
    avatar(user_id, before, after, at) {
      if (before === after) return
      if (after !== null) attach(after, user_id, NO_CONVERSATION)
      if (before !== null) release(before, user_id, at)
    },
    releaseSome(conversation, most, at) {
      const rows = some.all(conversation, most)
      for (const { file_id, by } of rows) release(file_id, by, at)
      return rows.length
    },
  }
}

/** The bytes of a user's files and of unfinished uploads, of which one whose file exists is not counted twice. */
export function openUsage(db: Db): (user_id: string) => number {
  const used = db.read<{ bytes: number }>(
    `SELECT (SELECT coalesce(sum(size), 0) FROM files WHERE user_id = ?1) + (
       SELECT coalesce(sum(length), 0) FROM uploads WHERE user_id = ?1 AND finished = 0
       AND NOT EXISTS (SELECT 1 FROM files WHERE files.id = uploads.id)) AS bytes`,
  )
  return user_id => used.get(user_id)?.bytes ?? 0
}

export function openFileRows(db: Db, commits: GroupCommit): FileRows {
  const used = openUsage(db)
  const one = db.read<FileRow>(`SELECT ${FILE} FROM files WHERE id = ?`)
  const insert = db.write(`INSERT INTO files (${FILE}, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const shown = db.read<{ n: number }>(
    `SELECT 1 AS n FROM file_references r WHERE r.file_id = ?1 AND (r.conversation = ${NO_CONVERSATION} OR (
       CASE WHEN ?2 IS NULL THEN NOT EXISTS (SELECT 1 FROM purging p WHERE p.conversation = r.conversation)
       ELSE EXISTS (SELECT 1 FROM members m WHERE m.conversation = r.conversation AND m.user_id = ?2) END)) LIMIT 1`,
  )
  const ofUser = db.read<FileRow>(`SELECT ${FILE} FROM files WHERE user_id = ? AND id >= ? ORDER BY id LIMIT ?`)
  const referenced = db.read<{ n: number }>('SELECT 1 AS n FROM file_references WHERE file_id = ? LIMIT 1')
  const forget = db.write('UPDATE files SET expires_at = NULL WHERE id = ?')
  const drop = db.write('DELETE FROM files WHERE id = ?')
  const remember = db.write('INSERT OR REPLACE INTO deleted_files (id, user_id, expires_at) VALUES (?, ?, ?)')
  const deleted = db.read<{ user_id: string }>('SELECT user_id FROM deleted_files WHERE id = ?')
  const expired = db.read<FileRow>(`SELECT ${FILE} FROM files WHERE expires_at <= ? ORDER BY expires_at LIMIT ?`)
  const expireAll = db.write(
    `UPDATE files SET expires_at = ? WHERE user_id = ? AND NOT EXISTS
     (SELECT 1 FROM file_references WHERE file_id = files.id)`,
  )

  function create(file: FileRecord, quota_bytes: number | null, expires_at: string): 'created' | 'quota_exceeded' {
    const { id, user_id, name, content_type, size, sha256, width, height, thumbnail, created_at } = file
    if (quota_bytes === null && one.get(id)) return 'created'
    if (quota_bytes !== null && used(user_id) + size > quota_bytes) return 'quota_exceeded'
    insert(id, user_id, name, content_type, size, sha256, width, height, flag(thumbnail), created_at, expires_at)
    return 'created'
  }

  function remove(id: string, tombstone: { expires_at: string } | undefined): 'removed' | 'referenced' | 'missing' {
    const row = one.get(id)
    if (!row) return 'missing'
    if (referenced.get(id)) {
      forget(id)
      return 'referenced'
    }
    drop(id)
    if (tombstone) remember(id, row.user_id, tombstone.expires_at)
    return 'removed'
  }

  return {
    create: (file, { quota_bytes, expires_at }) => commits.submit(() => create(file, quota_bytes, expires_at)),
    async findMany(ids) {
      return ids.flatMap(id => one.get(id) ?? []).map(toFileRecord)
    },
    async shownTo(user_id, ids) {
      return new Set(ids.filter(id => shown.get(id, user_id)))
    },
    async listOfUser(user_id, start, limit) {
      return ofUser.all(user_id, start, limit).map(toFileRecord)
    },
    async usage(user_id) {
      return used(user_id)
    },
    remove: (id, tombstone) => commits.submit(() => remove(id, tombstone)),
    async deletedBy(id) {
      return deleted.get(id)?.user_id ?? null
    },
    async expired(now, limit) {
      return expired.all(now, limit).map(toFileRecord)
    },
    async expireAll(user_id, now) {
      await commits.submit(() => void expireAll(now, user_id))
    },
  }
}
