/** Primary keys. Ids contain no `:`, so a key is unambiguous, and `prefix:` … `prefix;` is a range. */

/** Numbers in keys: 8 digits of base 36, so that they sort as numbers do. */
export function b36(number: number): string {
  return number.toString(36).padStart(8, '0')
}

export function logKey(stream: string, change: number): string {
  return `${stream}:${b36(change)}`
}

export function messageKey(conversation_id: string, seq: number): string {
  return `${conversation_id}:${b36(seq)}`
}

/** The client's text is encoded, because some servers refuse NUL in a key. Empty for a send without `client_id`. */
export function sendKey(
  conversation_id: string,
  { sender_id, client_id }: { sender_id: string; client_id: string | null },
): string {
  return client_id === null ? '' : `${conversation_id}:${sender_id}:${encodeURIComponent(client_id)}`
}

export function memberKey(conversation_id: string, user_id: string): string {
  return `${conversation_id}:${user_id}`
}

export function contactKey(user_id: string, contact_id: string): string {
  return `${user_id}:${contact_id}`
}

export function profileKey(contact_id: string, user_id: string, change: number): string {
  return `${contact_id}:${user_id}:${b36(change)}`
}

export function pinKey(conversation_id: string, message_id: string): string {
  return `${conversation_id}:${message_id}`
}

export function versionKey(conversation_id: string, message_id: string, change: number): string {
  return `${conversation_id}:${message_id}:${b36(change)}`
}

export function mentionKey(conversation_id: string, user_id: string, seq: number): string {
  return `${conversation_id}:${user_id}:${b36(seq)}`
}

/** `by` is a message's id, or the conversation's for its avatar. */
export function fileReferenceKey(conversation_id: string, by: string, file_id: string): string {
  return `${conversation_id}:${by}:${file_id}`
}

/** Names what an entry of a user stream follows from: `source` = `conversation:change`. */
export function sourceKey(user_id: string, source: string): string {
  return `${user_id}:${source}`
}

export function noticeKey(notice_id: string, device_id: string): string {
  return `${notice_id}:${device_id}`
}

export function pushedKey(device_id: string, conversation_id: string): string {
  return `${device_id}:${conversation_id}`
}

/** How far a follower has come in a stream. */
export function followKey(follower: string, stream: string): string {
  return `${follower}:${stream}`
}

/** Everything below a prefix: `;` follows `:`. */
export function below(prefix: string): { $gte: string; $lt: string } {
  return { $gte: `${prefix}:`, $lt: `${prefix};` }
}
