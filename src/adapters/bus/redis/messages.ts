import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { EVENTS } from '../../../../contracts/events.ts'
import type { Published } from '../../../domain/ephemeral.ts'
import type { Note } from '../../../ports/bus.ts'

/** The greatest message that is sent or taken. */
export const MAX_MESSAGE_BYTES = 64 * 1024
/** Nodes whose last message is remembered. */
const MAX_NODES = 1_000
const MAX_IDS = 1_000

const id = z.string().max(64)
const AudienceSchema = z.union([
  z.strictObject({
    conversation_id: id,
    members: z.int(),
    invisible: z.boolean().optional(),
    own_seq: z.int().optional(),
  }),
  z.strictObject({ user_ids: z.array(id).max(MAX_IDS) }),
])
const PublishedSchema = z.union(
  Object.entries(EVENTS).flatMap(([event, { stream, data }]) =>
    stream === 'none' ? [z.strictObject({ event: z.literal(event), data, about: id, audience: AudienceSchema })] : [],
  ),
)
const NoteSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('committed'), stream: id, change: z.int().positive() }),
  z.strictObject({ kind: z.literal('sessions_ended'), session_ids: z.array(id).max(MAX_IDS) }),
  // Cast: the loop over the events loses which data belongs to which event; the schemas keep it.
  z.strictObject({ kind: z.literal('event'), published: PublishedSchema as z.ZodType<Published> }),
  z.strictObject({
    kind: z.literal('presence'),
    node: id,
    version: z.int().min(0),
    online: z.array(z.tuple([id, id])).max(MAX_IDS),
    offline: z.array(id).max(MAX_IDS),
    whole: z.strictObject({ first: z.boolean(), count: z.int().min(0) }).nullable(),
  }),
  z.strictObject({ kind: z.literal('presence_wanted'), node: id }),
  z.strictObject({ kind: z.literal('status_changed'), user_id: id }),
  z.strictObject({ kind: z.literal('missed') }),
]) satisfies z.ZodType<Note>
/** `number` counts the messages of a node: 1, 2, 3 … */
const MessageSchema = z.strictObject({ node: id, number: z.int().positive(), note: NoteSchema })

/**
 * Messages as they are in Redis: `MAC.JSON`, where the MAC is the HMAC-SHA256 of channel and JSON under a key that follows from
 * the signing secret. So who can write to Redis and does not have the secret cannot forge a note, nor move one to another
 * channel. A message with a number that its node has passed is refused, so that none counts twice.
 */
export class Messages {
  readonly node: string = crypto.randomUUID()
  readonly #key: Buffer
  #sent = 0
  /** By node: the number of its last message. In the order in which they were last heard. */
  readonly #heard = new Map<string, number>()

  constructor(secret: string) {
    this.#key = createHmac('sha256', secret).update('parley bus').digest()
  }

  /** null: it would be too large. */
  write(channel: string, note: Note): string | null {
    const text = JSON.stringify({ node: this.node, number: this.#sent + 1, note })
    const message = `${this.#mac(channel, text).toString('base64url')}.${text}`
    if (Buffer.byteLength(message) > MAX_MESSAGE_BYTES) return null
    this.#sent += 1
    return message
  }

  /** null: own or repeated. A string: why it is refused. */
  read(channel: string, message: string): Note | string | null {
    if (Buffer.byteLength(message) > MAX_MESSAGE_BYTES) return 'too large'
    const dot = message.indexOf('.')
    const text = message.slice(dot + 1)
    const given = Buffer.from(message.slice(0, Math.max(dot, 0)), 'base64url')
    const expected = this.#mac(channel, text)
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'not signed with our secret'
    const parsed = MessageSchema.safeParse(jsonOf(text))
    if (!parsed.success) return 'not understood'
    const { node, number, note } = parsed.data
    if (node === this.node || number <= (this.#heard.get(node) ?? 0)) return null
    this.#heard.delete(node)
    this.#heard.set(node, number)
    for (const oldest of this.#heard.keys()) {
      if (this.#heard.size <= MAX_NODES) break
      this.#heard.delete(oldest)
    }
    return note
  }

  #mac(channel: string, text: string): Buffer {
    return createHmac('sha256', this.#key).update(`${channel}\n${text}`).digest()
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
