import type { FileRecord } from '../../../../domain/records.ts'

/** `_id` = file. */
export interface FileRow extends Omit<FileRecord, 'id'> {
  _id: string
  /** From when on it is looked at whether something refers to it; references are the truth. */
  expires_at: string
  /** Names the call that is about to remove it; null: none. */
  removal: string | null
}

/** `_id` = `conversation:message:file`, `conversation:conversation:file` for its avatar. */
export interface FileReferenceRow {
  _id: string
  file_id: string
  conversation_id: string
  /** false: not any more, as of `change`; kept for a day, as the rows of members who left. */
  live: boolean
  change: number
  released_at?: string
}

/** `_id` = random. */
export interface FileHoldRow {
  _id: string
  file_id: string
  expires_at: string
}

/** What a user uses: the bytes of files and unfinished uploads, and the number of these uploads. */
export interface Usage {
  bytes: number
  uploads: number
}
export const NOTHING: Usage = { bytes: 0, uploads: 0 }

/** `_id` = user. */
export interface FileUsageRow extends Usage {
  _id: string
  /** When it changed last, until it is compared with the files and uploads. */
  counted_at?: string
}

/** `_id` = file. */
export interface DeletedFileRow {
  _id: string
  user_id: string
  expires_at: string
}
