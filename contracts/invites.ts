import { z } from 'zod'
import { Conversation } from './entities.ts'
import { ADA, AT, ROOM, group } from './examples.ts'
import { id, list, opaquePage, sort, time } from './fields.ts'
import { op } from './kit.ts'

const MAX_EXPIRES_IN = 365 * 24 * 60 * 60
const MAX_USES = 100_000

/** Longer than any code, so that a mistyped one is unknown and not malformed. */
const code = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be the code of an invite')
const conversation_id = id

export const Invite = z
  .object({
    code: z.string().meta({ description: '128 random bits; who has it can join' }),
    conversation_id: id,
    created_by: id,
    expires_at: time.nullable().meta({ description: 'null: never' }),
    max_uses: z.int().nullable().meta({ description: 'null: no limit' }),
    uses: z.int().meta({ description: 'how often somebody has joined by it' }),
    created_at: time,
  })
  .meta({ id: 'Invite' })
export type Invite = z.infer<typeof Invite>

const CODE = 'q0Zb1s3Tt8mXv4kYw7nR2A'
const ask = { conversation_id: ROOM }
const invite = {
  code: CODE,
  conversation_id: ROOM,
  created_by: ADA,
  expires_at: '2026-12-01T09:30:00.000Z',
  max_uses: 10,
  uses: 0,
  created_at: AT,
} as const

export const invites = {
  create: op({
    method: 'POST',
    path: '/groups/{conversation_id}/invites',
    location: '/invites/{code}',
    allow: 'user',
    summary: 'Create an invite link to a group',
    description: 'Needs the member role admin or owner, or the global role ADMIN.',
    input: z.strictObject({
      conversation_id,
      expires_in: z.int().min(1).max(MAX_EXPIRES_IN).nullish().meta({ description: 'seconds; default: never' }),
      max_uses: z.int().min(1).max(MAX_USES).nullish().meta({ description: 'default: no limit' }),
    }),
    output: Invite,
    status: [201],
    errors: ['not_found', 'forbidden', 'conversation_disabled'],
    emits: [],
    example: { input: { ...ask, expires_in: 604_800, max_uses: 10 }, output: invite },
  }),
  list: op({
    method: 'GET',
    path: '/groups/{conversation_id}/invites',
    allow: 'user',
    summary: 'List the invites of a group, newest first by default',
    description: 'Without those that were revoked or have expired. For the same people who may create them.',
    input: z.strictObject({ conversation_id, ...opaquePage, sort: sort.default('desc') }),
    output: list(Invite),
    status: [200],
    errors: ['not_found', 'forbidden'],
    emits: [],
    example: {
      input: { ...ask, limit: 20 },
      output: { object: 'list', data: [invite], first_id: CODE, last_id: CODE, has_more: false, next_start: null },
    },
  }),
  revoke: op({
    method: 'DELETE',
    path: '/groups/{conversation_id}/invites/{code}',
    allow: 'user',
    summary: 'Revoke an invite',
    description: 'Those who joined by it stay members.',
    input: z.strictObject({ conversation_id, code }),
    output: null,
    status: [204],
    errors: ['not_found', 'forbidden'],
    emits: [],
    example: { input: { ...ask, code: CODE }, output: null },
  }),
  preview: op({
    method: 'GET',
    path: '/invites/{code}',
    allow: 'user',
    summary: 'See to which group an invite leads',
    input: z.strictObject({ code }),
    output: z
      .object({ name: z.string().nullable(), topic: z.string().nullable(), participant_count: z.int() })
      .meta({ id: 'InvitePreview' }),
    status: [200],
    errors: ['not_found', 'gone'],
    emits: [],
    example: { input: { code: CODE }, output: { name: 'Engines', topic: null, participant_count: 2 } },
  }),
  join: op({
    method: 'POST',
    path: '/invites/{code}/join',
    allow: 'user',
    summary: 'Join a group by an invite',
    description:
      'Answers 200 to a member too, whatever has become of the invite, and does not count as a use of it then.',
    input: z.strictObject({ code }),
    output: Conversation,
    status: [200],
    errors: ['not_found', 'conversation_disabled', 'gone'],
    emits: ['member.added'],
    example: { input: { code: CODE }, output: group },
  }),
} as const
