import { z } from 'zod'
import { MESSAGE_TYPES, Message, Pin, Version } from './entities.ts'
import { ADA, AT, NOTE, ROOM, listOf, message } from './examples.ts'
import { emoji, fileId, id, limit, list, metadata, opaquePage, page, sort, text } from './fields.ts'
import { op } from './kit.ts'

const message_id = id
/** Empty only with attachments. */
const content = text(0, 8_000)
const MAX_ATTACHMENTS = 10
/** Names an earlier text of a message in the list of them. */
const versionRef = z.string().regex(/^\d{10}$/, 'must be the next_start of the previous page')
/** Of what writes to the other members. */
const writeErrors = [
  'not_found',
  'forbidden',
  'system_message',
  'cannot_message_user',
  'user_blocked',
  'conversation_disabled',
] as const
const ask = { message_id: NOTE }
const reacted = { ...message, change: 3, reactions: [{ emoji: '👍', count: 1, user_ids: [ADA], me: true }] } as const

export const messages = {
  send: op({
    method: 'POST',
    path: '/conversations/{conversation_id}/messages',
    location: '/messages/{id}',
    allow: 'user',
    summary: 'Send a message',
    description:
      'Idempotent without a time limit per conversation, sender and `client_id`: a repeat answers 200 with the message as ' +
      'it is now, or 409 if its body differs. The content is kept verbatim.',
    input: z
      .strictObject({
        conversation_id: id,
        content: content.default('').meta({ description: 'not empty unless there are attachments' }),
        client_id: text(1, 64).optional(),
        type: z.enum(MESSAGE_TYPES).optional().meta({
          description:
            'default: that of the first attachment, `text` without one; `system` is 403, only the server sends these',
        }),
        attachments: z
          .array(z.strictObject({ file_id: fileId }))
          .max(MAX_ATTACHMENTS)
          .default([])
          .meta({ description: 'your files, or ones that you see' }),
        reply_to: id.nullish().meta({ description: 'a message of the same conversation' }),
        mentions: z.array(id).max(100).default([]).meta({ description: 'user ids of members' }),
        metadata: metadata.nullish(),
      })
      .refine(input => input.content !== '' || input.attachments.length > 0, {
        path: ['content'],
        message: 'must not be empty without attachments',
      })
      .refine(({ type = 'text', attachments }) => type === 'text' || type === 'system' || attachments.length > 0, {
        path: ['type'],
        message: 'needs an attachment',
      }),
    output: Message,
    status: [201, 200],
    errors: [...writeErrors, 'client_id_reused'],
    emits: ['message.created'],
    example: { input: { conversation_id: ROOM, content: 'Hello Bob', client_id: 'c1' }, output: message },
  }),
  list: op({
    method: 'GET',
    path: '/conversations/{conversation_id}/messages',
    allow: 'user',
    summary: 'Read the history, newest first by default',
    description:
      'Ordered by seq. `around` gives the messages before and after one message in ascending order: `next_start` continues ' +
      'with newer ones, `sort=desc&start=first_id` with older ones. A page ends before 256 KiB, with `has_more` true.',
    input: z
      .strictObject({ conversation_id: id, ...page, sort: sort.default('desc'), around: id.optional() })
      .refine(input => input.around === undefined || (input.start === undefined && input.before === undefined), {
        path: ['around'],
        message: 'cannot be combined with start or before',
      }),
    output: list(Message),
    status: [200],
    errors: ['not_found'],
    emits: [],
    example: { input: { conversation_id: ROOM, limit: 20 }, output: listOf(message) },
  }),
  pins: op({
    method: 'GET',
    path: '/conversations/{conversation_id}/pins',
    allow: 'user',
    summary: 'List the pinned messages, latest pin first',
    description: '`start` is the `next_start` of the previous page; it stays valid when that message is unpinned.',
    input: z.strictObject({ conversation_id: id, ...opaquePage }),
    output: list(Pin),
    status: [200],
    errors: ['not_found'],
    emits: [],
    example: {
      input: { conversation_id: ROOM },
      output: {
        object: 'list',
        data: [{ message, user_id: ADA, at: AT }],
        first_id: NOTE,
        last_id: NOTE,
        has_more: false,
        next_start: null,
      },
    },
  }),
  get: op({
    method: 'GET',
    path: '/messages/{message_id}',
    allow: 'user',
    summary: 'Get a message',
    input: z.strictObject({ message_id }),
    output: Message,
    status: [200],
    errors: ['not_found'],
    emits: [],
    example: { input: ask, output: message },
  }),
  update: op({
    method: 'PUT',
    path: '/messages/{message_id}',
    allow: 'user',
    summary: 'Edit your message; the earlier text is kept',
    input: z.strictObject({ message_id, content: content.optional(), metadata: metadata.nullish() }),
    output: Message,
    status: [200],
    errors: [...writeErrors, 'gone'],
    emits: ['message.updated'],
    example: {
      input: { ...ask, content: 'Hello Bob!' },
      output: { ...message, change: 3, content: 'Hello Bob!', edited_at: AT },
    },
  }),
  delete: op({
    method: 'DELETE',
    path: '/messages/{message_id}',
    allow: 'user',
    summary: 'Delete a message for everyone; an empty message with its seq remains',
    input: z.strictObject({ message_id }),
    output: null,
    status: [204],
    errors: ['not_found', 'forbidden', 'system_message', 'conversation_disabled'],
    emits: ['message.deleted'],
    example: { input: ask, output: null },
  }),
  history: op({
    method: 'GET',
    path: '/messages/{message_id}/history',
    allow: 'user',
    summary: 'List the earlier texts of a message, oldest first by default',
    description: 'A text has no id: `first_id`, `last_id` and `next_start` are valid in this list only.',
    input: z.strictObject({
      message_id,
      sort: sort.default('asc'),
      start: versionRef.optional().meta({ description: 'the first item, inclusive' }),
      before: versionRef.optional().meta({ description: 'where the list ends, exclusive' }),
      limit,
    }),
    output: list(Version),
    status: [200],
    errors: ['not_found'],
    emits: [],
    example: {
      input: ask,
      output: {
        object: 'list',
        data: [{ content: 'Hello Bo', edited_at: AT }],
        first_id: '0000000002',
        last_id: '0000000002',
        has_more: false,
        next_start: null,
      },
    },
  }),
  react: op({
    method: 'POST',
    path: '/messages/{message_id}/react',
    allow: 'user',
    summary: 'Add a reaction; adding it again changes nothing',
    input: z.strictObject({ message_id, emoji }),
    output: Message,
    status: [200],
    errors: [...writeErrors, 'gone', 'too_many_reactions'],
    emits: ['message.reacted'],
    example: { input: { ...ask, emoji: '👍' }, output: reacted },
  }),
  unreact: op({
    method: 'DELETE',
    path: '/messages/{message_id}/react',
    allow: 'user',
    summary: 'Remove your reaction',
    input: z.strictObject({ message_id, emoji }),
    output: null,
    status: [204],
    errors: ['not_found', 'forbidden', 'system_message', 'conversation_disabled', 'gone'],
    emits: ['message.reacted'],
    example: { input: { ...ask, emoji: '👍' }, output: null },
  }),
  pin: op({
    method: 'PUT',
    path: '/messages/{message_id}/pin',
    allow: 'user',
    summary: 'Pin a message to its conversation',
    input: z.strictObject({ message_id }),
    output: Message,
    status: [200],
    errors: ['not_found', 'forbidden', 'system_message', 'conversation_disabled', 'gone'],
    emits: ['message.pinned'],
    example: { input: ask, output: message },
  }),
  unpin: op({
    method: 'DELETE',
    path: '/messages/{message_id}/pin',
    allow: 'user',
    summary: 'Unpin a message',
    input: z.strictObject({ message_id }),
    output: null,
    status: [204],
    errors: ['not_found', 'forbidden', 'system_message', 'conversation_disabled'],
    emits: ['message.unpinned'],
    example: { input: ask, output: null },
  }),
} as const
