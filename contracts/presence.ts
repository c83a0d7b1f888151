import { z } from 'zod'
import { OVERRIDES, Status } from './entities.ts'
import { ADA, AT, BOB } from './examples.ts'
import { emoji, id, text, timeInput, userRef } from './fields.ts'
import { op } from './kit.ts'
import { MAX_PRESENCE_IDS, MAX_SUBSCRIBED } from './limits.ts'

const status = {
  user_id: ADA,
  presence: 'dnd',
  text: 'In a meeting',
  emoji: '📅',
  expires_at: null,
  last_active_at: AT,
} as const

/** Ids in a query, separated by commas. */
const ids = z
  .string()
  .transform(given => given.split(','))
  .pipe(z.array(id).max(MAX_PRESENCE_IDS))
  .meta({ description: `at most ${MAX_PRESENCE_IDS} user ids, separated by commas` })

export const presence = {
  'set-status': op({
    method: 'PUT',
    path: '/users/{user_id}/status',
    allow: 'user',
    summary: 'Set your status',
    description:
      '`presence` overrides what follows from your connections; `online` ends the override. With `invisible` you look offline ' +
      'to others, without text, emoji and last activity. At `expires_at` override, text and emoji end.',
    input: z.strictObject({
      user_id: userRef,
      presence: z.enum(['online', ...OVERRIDES]).optional(),
      text: text(1, 100).nullish(),
      emoji: emoji.nullish(),
      expires_at: timeInput.nullish(),
    }),
    output: Status,
    status: [200],
    errors: ['not_found', 'forbidden'],
    emits: [],
    example: { input: { user_id: ADA, presence: 'dnd', text: 'In a meeting', emoji: '📅' }, output: status },
  }),
  status: op({
    method: 'GET',
    path: '/users/{user_id}/status',
    allow: 'user',
    summary: 'Get the status of a user',
    description: 'A user who is invisible, or whom a block hides, looks offline.',
    input: z.strictObject({ user_id: userRef }),
    output: Status,
    status: [200],
    errors: ['not_found'],
    emits: [],
    example: { input: { user_id: ADA }, output: status },
  }),
  list: op({
    method: 'GET',
    path: '/presence',
    allow: 'user',
    summary: 'Get the statuses of several users',
    description: 'In the order of the ids, each once. An id of nobody looks offline.',
    input: z.strictObject({ ids }),
    output: z.object({ data: z.array(Status) }).meta({ id: 'Statuses' }),
    status: [200],
    errors: [],
    emits: [],
    example: { input: { ids: ADA }, output: { data: [status] } },
  }),
  subscribe: op({
    method: 'GET',
    path: '/ws',
    socket_only: true,
    allow: 'user',
    summary: 'Get the statuses of users, and from now on each change',
    description:
      'On a socket only. The list replaces that of an earlier call; an empty one ends the subscription. `presence.updated` ' +
      'follows for each change that you may see, at most one a second for each user.',
    input: z.strictObject({ user_ids: z.array(id).max(MAX_SUBSCRIBED) }),
    output: z.object({ data: z.array(Status) }).meta({ id: 'Statuses' }),
    status: [200],
    errors: [],
    emits: ['presence.updated'],
    example: { input: { user_ids: [ADA, BOB] }, output: { data: [status] } },
  }),
}
