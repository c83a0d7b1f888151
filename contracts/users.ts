import { z } from 'zod'
import { email, externalId, newPassword, username } from './auth.ts'
import {
  Contact,
  Conversation,
  File,
  Message,
  OVERRIDES,
  Preferences,
  Profile,
  Session,
  Status,
  User,
  role,
} from './entities.ts'
import { ADA, BOB, ada, adaSelf, conversation, listOf, message } from './examples.ts'
import { fileId, list, opaquePage, page, text, userRef } from './fields.ts'
import { Invite } from './invites.ts'
import { op } from './kit.ts'
import { Device } from './notifications.ts'

const full_name = text(1, 100).nullish()
const unread = { unread_count: 3, mention_count: 1, unread_conversations: 2 } as const

/** Users of one `users.upsert`. */
const MAX_UPSERTED = 100

const externalUser = z.strictObject({
  external_id: externalId,
  full_name,
  email: email.optional(),
  username: username.optional(),
  role: role.optional(),
})

const UpsertedUser = z
  .object({
    external_id: z.string(),
    result: z.enum(['created', 'updated', 'unchanged', 'failed']),
    user: User.nullable().meta({ description: 'null: it failed' }),
    error: z.enum(['forbidden', 'email_taken', 'last_admin', 'busy']).nullable().meta({
      description: 'why it failed: a code of the table of errors',
    }),
  })
  .meta({ id: 'UpsertedUser' })

export const users = {
  me: op({
    method: 'GET',
    path: '/users/me',
    allow: 'user',
    summary: 'Get your profile with unread totals',
    input: z.strictObject({}),
    output: Profile,
    status: [200],
    errors: [],
    emits: [],
    example: { input: {}, output: { ...adaSelf, unread } },
  }),
  list: op({
    method: 'GET',
    path: '/users',
    allow: 'user',
    summary: 'List users, ordered by id',
    description:
      '`q` is a prefix of username or full name. Disabled and deleted users are listed for an ADMIN only, who may filter ' +
      'by `disabled`.',
    input: z.strictObject({
      q: text(1, 100).optional(),
      role: role.optional(),
      disabled: z.boolean().optional(),
      external_id: externalId.optional().meta({ description: 'exactly this one; for an ADMIN' }),
      ...page,
    }),
    output: list(User),
    status: [200],
    errors: ['forbidden'],
    emits: [],
    example: { input: { q: 'ad', limit: 20 }, output: listOf(ada) },
  }),
  create: op({
    method: 'POST',
    path: '/users',
    location: '/users/{id}',
    allow: ['ADMIN'],
    summary: 'Create an account for someone else',
    input: z.strictObject({
      username,
      email,
      password: newPassword,
      full_name,
      role: role.optional(),
      external_id: externalId.optional(),
    }),
    output: User,
    status: [201],
    errors: ['forbidden', 'username_taken', 'email_taken', 'external_id_taken', 'busy'],
    emits: [],
    example: {
      input: { username: 'ada', email: 'ada@example.com', password: 'correct horse battery', role: 'EDITOR' },
      output: adaSelf,
    },
  }),
  upsert: op({
    method: 'PUT',
    path: '/users/external',
    allow: ['ADMIN'],
    summary: 'Create or update users of your own system',
    description:
      'Each is found by its `external_id`, created if there is none, and changed where it differs; `username` counts for new ones ' +
      'only. They are changed one by one: one that fails leaves the others as they are, and the call may be repeated. They have no ' +
      'password, and sign in by `auth.exchange`, or are called as by an API key.',
    input: z.strictObject({ users: z.array(externalUser).min(1).max(MAX_UPSERTED) }),
    output: z.object({ data: z.array(UpsertedUser) }),
    status: [200],
    errors: [],
    emits: ['user.updated'],
    example: {
      input: { users: [{ external_id: '42', full_name: 'Ada Lovelace' }] },
      output: {
        data: [{ external_id: '42', result: 'updated', user: { ...adaSelf, external_id: '42' }, error: null }],
      },
    },
  }),
  export: op({
    method: 'GET',
    path: '/users/me/export',
    allow: 'user',
    summary: 'Export all data of your account, page by page',
    description:
      'First sessions, then contacts, devices, your files, conversations, the invites that you created, and your messages. `limit` ' +
      'counts all of them, and `messages.next_start` is the next page. Each page has the profile and the ' +
      'preferences.',
    input: z.strictObject({ ...opaquePage }),
    output: z
      .object({
        user: User,
        preferences: Preferences,
        status: Status.omit({ user_id: true }).extend({ presence: z.enum(OVERRIDES).nullable() }),
        sessions: z.array(Session),
        contacts: z.array(Contact),
        devices: z.array(Device),
        files: z.array(File).meta({ description: 'what you uploaded; their bytes are at `GET /files/{file_id}`' }),
        conversations: z.array(Conversation.omit({ last_message: true, participants: true })),
        invites: z.array(Invite),
        messages: list(Message),
      })
      .meta({ id: 'Export' }),
    status: [200],
    errors: [],
    emits: [],
    example: {
      input: { limit: 20 },
      output: {
        user: adaSelf,
        preferences: { level: 'all', muted_until: null, quiet_hours: [], preview: false },
        status: { presence: null, text: null, emoji: null, expires_at: null, last_active_at: null },
        sessions: [],
        contacts: [],
        devices: [],
        conversations: [exported()],
        invites: [],
        messages: listOf(message),
        files: [],
      },
    },
  }),
  get: op({
    method: 'GET',
    path: '/users/{user_id}',
    allow: 'user',
    summary: 'Get a public profile',
    description: 'For `me` REST answers as `GET /users/me`: the whole profile, with `unread`.',
    input: z.strictObject({ user_id: userRef }),
    output: User,
    status: [200],
    errors: ['not_found'],
    emits: [],
    example: { input: { user_id: ADA }, output: ada },
  }),
  update: op({
    method: 'PUT',
    path: '/users/{user_id}',
    allow: 'user',
    summary: 'Change your profile, or any profile as an ADMIN',
    description: 'Only an ADMIN may set `role`, `disabled` and `external_id`. Disabling ends all sessions of the user.',
    input: z.strictObject({
      user_id: userRef,
      username: username.optional(),
      email: email.optional(),
      full_name,
      avatar_file_id: fileId.nullish().meta({ description: 'an image of yours, or one that you see' }),
      role: role.optional(),
      disabled: z.boolean().optional(),
      external_id: externalId.nullish(),
    }),
    output: User,
    status: [200],
    errors: ['forbidden', 'not_found', 'username_taken', 'email_taken', 'external_id_taken', 'last_admin'],
    emits: ['user.updated'],
    example: { input: { user_id: ADA, full_name: 'Ada King' }, output: { ...adaSelf, full_name: 'Ada King' } },
  }),
  delete: op({
    method: 'DELETE',
    path: '/users/{user_id}',
    allow: 'user',
    limit: 'auth',
    fields: 'body',
    summary: 'Delete your account with your password, or any account as an ADMIN',
    description: 'The account is anonymised: its messages stay, by a "Deleted user", and it leaves every group.',
    input: z.strictObject({ user_id: userRef, password: z.string().min(1).max(512).optional() }),
    output: null,
    status: [204],
    errors: ['forbidden', 'invalid_credentials', 'not_found', 'last_admin'],
    emits: ['user.updated', 'contact.updated', 'contact.removed', 'member.updated', 'member.removed'],
    example: { input: { user_id: BOB }, output: null },
  }),
} as const

function exported() {
  const { last_message: _message, participants: _participants, ...rest } = conversation
  return rest
}
