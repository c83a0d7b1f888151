import type { ConversationRecord, MessageRecord } from './records.ts'

/** How long a push service keeps a push for a device that is away. */
const TTL_SECONDS = 3 * 24 * 60 * 60
/** Code points of a title and of a text, so that a push fits whatever they are. */
const MAX_TITLE = 80
const MAX_TEXT = 300

/** One push, in terms that every platform has. */
export interface PushMessage {
  /** What the app gets. With `alert` at most `MAX_PUSH_BYTES` of JSON. */
  readonly data: Readonly<Record<string, string | number>>
  /**
   * Text that the platform shows by itself. `null`: the push carries no text and the app shows what it fetches. `'silent'`: the
   * app is woken and shows nothing.
   */
  readonly alert: { readonly title: string; readonly body: string } | null | 'silent'
  /** The number on the app's icon; null: it stays. */
  readonly badge: number | null
  /** A later push with the same key replaces this one, also where it is shown. 1–32 characters of base64url. */
  readonly collapse_key: string
  /** How long the push service keeps it for a device that is away. */
  readonly ttl_seconds: number
}

/** Bytes of a push's data and text as JSON, which every platform takes: 3,993 (Web Push), 4,096 (APNs, FCM), less what is added. */
export const MAX_PUSH_BYTES = 3_000

/** The push of a new message: ids, and with `preview` the sender and the text. */
export function messagePush(
  message: Pick<MessageRecord, 'id' | 'conversation_id' | 'seq' | 'sender_id' | 'type' | 'content'>,
  { name }: Pick<ConversationRecord, 'name'>,
  badge: number,
  preview: { sender: string } | null,
): PushMessage {
  const { id: message_id, conversation_id, seq, sender_id, type, content } = message
  return {
    data: { type: 'message', conversation_id, message_id, seq, sender_id },
    alert: preview && {
      title: cut(name === null ? preview.sender : `${preview.sender} (${name})`, MAX_TITLE),
      // Attachments without a text.
      body: cut(content || `[${type}]`, MAX_TEXT),
    },
    badge,
    collapse_key: collapseKey(conversation_id),
    ttl_seconds: TTL_SECONDS,
  }
}

/** Tells a device that it need not show the conversation's notification any more, because the messages were read elsewhere. */
export function readPush(conversation_id: string, last_read_seq: number, badge: number): PushMessage {
  return {
    data: { type: 'read', conversation_id, last_read_seq },
    alert: 'silent',
    badge,
    collapse_key: collapseKey(conversation_id),
    ttl_seconds: TTL_SECONDS,
  }
}

export function noticePush(
  id: string,
  alert: { title: string; body: string },
  data: Record<string, string>,
): PushMessage {
  return {
    data: { ...data, type: 'notice', job_id: id },
    alert,
    badge: null,
    collapse_key: collapseKey(id),
    ttl_seconds: TTL_SECONDS,
  }
}

/** A UUID without its hyphens has 32 characters of base64url. */
function collapseKey(id: string): string {
  return id.replaceAll('-', '')
}

function cut(text: string, most: number): string {
  // A code point has two units at most.
  const points = Array.from(text.slice(0, 2 * most + 2))
  return points.length <= most ? text : `${points.slice(0, most - 1).join('')}…`
}
