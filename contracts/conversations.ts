import { z } from 'zod'
import { CONVERSATION_TYPES, Conversation, Member, Receipt, notify, visibility } from './entities.ts'
import { AT, BOB, ROOM, conversation, group, listOf } from './examples.ts'
import { fileId, id, list, limit, opaquePage, sort, text, timeInput } from './fields.ts'
import { op } from './kit.ts'

/** Users that one call may name. */
export const MAX_PEOPLE = 1_000

export const name = text(1, 100)
export const topic = text(1, 500)
const conversation_id = id
/** What `PUT` changes; of a direct conversation only `disabled`. */
const changes = {
  name: name.nullish(),
  topic: topic.nullish(),
  avatar_file_id: fileId.nullish().meta({ description: 'an image of yours, or one that you see' }),
  visibility: visibility.optional().meta({ description: 'for an owner or an ADMIN' }),
  disabled: z.boolean().optional().meta({ description: 'for an owner or an ADMIN' }),
  participant_ids: z.array(id).max(MAX_PEOPLE).optional().meta({ description: 'the whole new list' }),
}
const ask = { conversation_id: ROOM }
const member = { user_id: BOB, role: 'member', joined_at: AT } as const
const memberPage = {
  start: id.optional().meta({ description: 'user id of the first item, inclusive' }),
  limit,
}
/** What the operations of one conversation, and those of the same kind of a group, have in common. */
export const getsOne = {
  input: z.strictObject({ conversation_id }),
  output: Conversation,
  status: [200],
  errors: ['not_found'],
  emits: [],
} as const
export const updatesOne = {
  input: z.strictObject({ conversation_id, ...changes }),
  output: Conversation,
  status: [200],
  errors: ['not_found', 'forbidden', 'cannot_message_user', 'conversation_disabled'],
  emits: ['conversation.updated', 'member.added', 'member.updated', 'member.removed'],
} as const
export const deletesOne = {
  input: z.strictObject({ conversation_id, soft_delete: z.boolean().default(true) }),
  output: null,
  status: [204],
  errors: ['not_found'],
  emits: ['conversation.updated', 'conversation.deleted'],
  example: { input: { ...ask, soft_delete: true }, output: null },
} as const

const listOfMembers = <T>(item: T) => ({
  object: 'list' as const,
  data: [item],
  first_id: BOB,
  last_id: BOB,
  has_more: false,
  next_start: null,
})

export const conversations = {
  create: op({
    method: 'POST',
    path: '/conversations',
    location: '/conversations/{id}',
    allow: ['ADMIN', 'EDITOR'],
    summary: 'Create a group, or open the direct conversation with someone',
    description: 'There is one direct conversation per pair of users: a second call answers 200 with the same one.',
    input: z.strictObject({
      type: z.enum(CONVERSATION_TYPES),
      name: name.nullish(),
      topic: topic.nullish(),
      visibility: visibility.default('private').meta({ description: 'a direct conversation is private' }),
      participant_ids: z
        .array(id)
        .max(MAX_PEOPLE)
        .meta({ description: 'the other members; exactly one for `direct`. The caller is always a member.' }),
    }),
    output: Conversation,
    status: [201, 200],
    errors: ['cannot_message_user', 'user_blocked'],
    emits: ['conversation.created'],
    example: { input: { type: 'direct', participant_ids: [BOB] }, output: conversation },
  }),
  list: op({
    method: 'GET',
    path: '/conversations',
    allow: ['ADMIN', 'EDITOR'],
    summary: 'List your conversations, or all of them as an ADMIN',
    description:
      'Ordered by id, or with `order=activity` by the latest message; `start` is then the `next_start` of the previous page.',
    input: z
      .strictObject({
        scope: z.enum(['own', 'all']).default('own').meta({ description: '`all` is for an ADMIN' }),
        order: z.enum(['id', 'activity']).default('id'),
        disabled: z.boolean().optional(),
        sort: sort.optional().meta({ description: 'default: asc by id, desc by activity' }),
        start: z
          .string()
          .regex(/^[A-Za-z0-9_-]{1,200}$/, 'must be an id or a next_start')
          .optional(),
        before: id.optional().meta({ description: 'id at which the list ends, exclusive; with order=id only' }),
        limit,
      })
      .refine(input => input.order === 'activity' || input.start === undefined || id.safeParse(input.start).success, {
        path: ['start'],
        message: 'must be an id',
      })
      .refine(input => input.order === 'id' || input.before === undefined, {
        path: ['before'],
        message: 'is allowed with order=id only',
      }),
    output: list(Conversation),
    status: [200],
    errors: ['forbidden'],
    emits: [],
    example: { input: { limit: 20 }, output: listOf(conversation) },
  }),
  inbox: op({
    method: 'GET',
    path: '/users/me/conversations',
    allow: 'user',
    summary: 'List your conversations by activity, latest first by default',
    input: z.strictObject({
      archived: z.boolean().optional(),
      unread: z.boolean().optional().meta({ description: 'only those with unread messages (true) or without (false)' }),
      ...opaquePage,
      sort: sort.default('desc'),
    }),
    output: list(Conversation),
    status: [200],
    errors: [],
    emits: [],
    example: { input: { limit: 20 }, output: listOf(conversation) },
  }),
  'inbox-entry': op({
    method: 'GET',
    path: '/users/me/conversations/{conversation_id}',
    allow: 'user',
    summary: 'Get one of your conversations',
    ...getsOne,
    example: { input: ask, output: conversation },
  }),
  get: op({
    method: 'GET',
    path: '/conversations/{conversation_id}',
    allow: ['ADMIN', 'EDITOR'],
    summary: 'Get a conversation',
    ...getsOne,
    example: { input: ask, output: conversation },
  }),
  update: op({
    method: 'PUT',
    path: '/conversations/{conversation_id}',
    allow: ['ADMIN', 'EDITOR'],
    summary: 'Change name, topic, avatar, visibility or participants; disable or restore',
    description:
      '`participant_ids` is the whole new list; a caller who is a member stays one. Only an owner or an ADMIN may set ' +
      '`visibility` and `disabled`.',
    ...updatesOne,
    example: { input: { ...ask, name: 'Engines' }, output: group },
  }),
  delete: op({
    method: 'DELETE',
    path: '/conversations/{conversation_id}',
    allow: ['ADMIN'],
    summary: 'Disable a conversation, or purge it with all its messages',
    description:
      '`soft_delete=true` keeps the history and refuses writes (423); `PUT` with `disabled: false` restores it. ' +
      '`soft_delete=false` deletes everything for ever.',
    ...deletesOne,
  }),
  read: op({
    method: 'PUT',
    path: '/conversations/{conversation_id}/read',
    allow: 'user',
    summary: 'Move your read marker forward',
    description: 'A seq at or before the marker changes nothing. A seq greater than `last_seq` is 422.',
    input: z.strictObject({ conversation_id, seq: z.int().min(0) }),
    output: Conversation.shape.me.unwrap(),
    status: [200],
    errors: ['not_found', 'forbidden'],
    emits: ['read.updated', 'receipt.updated'],
    example: { input: { ...ask, seq: 1 }, output: conversation.me },
  }),
  unread: op({
    method: 'PUT',
    path: '/conversations/{conversation_id}/unread',
    allow: 'user',
    summary: 'Mark as unread from a message on: your marker moves to seq - 1',
    input: z.strictObject({ conversation_id, seq: z.int().min(1) }),
    output: Conversation.shape.me.unwrap(),
    status: [200],
    errors: ['not_found', 'forbidden'],
    emits: ['read.updated'],
    example: { input: { ...ask, seq: 1 }, output: { ...conversation.me, last_read_seq: 0, unread_count: 1 } },
  }),
  membership: op({
    method: 'PUT',
    path: '/conversations/{conversation_id}/me',
    allow: 'user',
    summary: 'Change your settings: mute, pin, archive, notifications',
    input: z.strictObject({
      conversation_id,
      muted_until: timeInput.nullish(),
      pinned: z.boolean().optional(),
      archived: z.boolean().optional(),
      notify: notify.optional(),
    }),
    output: Conversation.shape.me.unwrap(),
    status: [200],
    errors: ['not_found', 'forbidden'],
    emits: ['membership.updated'],
    example: { input: { ...ask, pinned: true }, output: { ...conversation.me, pinned: true } },
  }),
  members: op({
    method: 'GET',
    path: '/conversations/{conversation_id}/members',
    allow: 'user',
    summary: 'List the members, ordered by user id',
    input: z.strictObject({ conversation_id, sort: sort.default('asc'), before: id.optional(), ...memberPage }),
    output: list(Member),
    status: [200],
    errors: ['not_found'],
    emits: [],
    example: { input: { ...ask, limit: 20 }, output: listOfMembers(member) },
  }),
  receipts: op({
    method: 'GET',
    path: '/conversations/{conversation_id}/receipts',
    allow: 'user',
    summary: 'List how far each member has read, ordered by user id',
    input: z.strictObject({ conversation_id, sort: sort.default('asc'), before: id.optional(), ...memberPage }),
    output: list(Receipt),
    status: [200],
    errors: ['not_found'],
    emits: [],
    example: { input: { ...ask, limit: 20 }, output: listOfMembers({ user_id: BOB, last_read_seq: 1, at: AT }) },
  }),
} as const
