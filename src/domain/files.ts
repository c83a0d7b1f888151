import type { Attachment, File, Message } from '../../contracts/entities.ts'
import type { FileRecord } from './records.ts'

/** Code points of a file's name. */
const MAX_NAME = 255
const NAMELESS = 'file'

export function toFile(record: FileRecord): File {
  const { id, name, content_type, size, sha256, width, height, thumbnail, created_at } = record
  return { id, name, content_type, size, sha256, width, height, thumbnail, created_at }
}

export function toAttachment(record: FileRecord): Attachment {
  const { id: file_id, name, content_type, size, width, height, thumbnail } = record
  return { file_id, name, content_type, size, width, height, thumbnail }
}

/** The type of a message with this file as its first attachment. */
export function messageTypeOf(content_type: string): Exclude<Message['type'], 'text' | 'system'> {
  const [kind] = content_type.split('/')
  return kind === 'image' || kind === 'audio' || kind === 'video' ? kind : 'file'
}

/**
 * A name as text for display: without folders, line breaks and other control characters, and without marks that reverse the order
 * of what follows and so hide where a name ends.
 */
export function displayName(given: string): string {
  const [base = ''] = given.toWellFormed().split(/[\\/]/).slice(-1)
  const shown = Array.from(base.replaceAll(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, '').trim())
  return shown.slice(0, MAX_NAME).join('').trim() || NAMELESS
}
